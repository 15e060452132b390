"""From paths to pictures: files, folders, zips, exports and OME-Zarr, opened lazily."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from hcs.errors import HCSError, SourceError
from hcs.ingest.formats.images import read_image_file
from hcs.ingest.matching.advice import leftover
from hcs.ingest.matching.correction_list import LIST_NAME, read_list
from hcs.ingest.matching.page_image import page_image
from hcs.ingest.matching.picture import describe_picture
from hcs.ingest.matching.zarr_pictures import zarr_images
from hcs.ingest.microscopes.export import is_image_name, is_of_system
from hcs.ingest.microscopes.registry import read_export
from hcs.ingest.sources import ExportSource, ZipSource, open_source
from hcs.stores.location import open_store, possible_path

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Self

    from hcs.ingest.formats.image_file import ImageFile, Limits, Opener
    from hcs.ingest.matching.match import Leftover
    from hcs.ingest.matching.picture import Picture
    from hcs.ingest.microscopes.export import Export
    from hcs.ingest.names import NameParts

_DOCUMENTS = ("zarr.json", ".zgroup", ".zattrs", ".zarray")
_MAX_SERIES = 1000
_JPEG = (".jpg", ".jpeg")
"""No importer takes them, yet people send them: they are read, with a warning."""


class PictureFiles:
    """The pictures in some files, and a way to their pixels.

    Attributes
    ----------
    pictures
        One a file; those of a file with several images are `Picture.series`.
    leftovers
        What is no picture that can be used, and why.
    """

    def __init__(self, limits: Limits | None = None) -> None:
        self.pictures: list[Picture] = []
        self.leftovers: list[Leftover] = []
        self._images: dict[str, ImageFile] = {}
        self._opened = ExitStack()
        self._limits = limits

    def image(self, identifier: str) -> ImageFile:
        """Return the open file of a picture, by the picture's id."""
        return self._images[identifier]

    def close(self) -> None:
        """Close what is open."""
        self._opened.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    # --- taking in --------------------------------------------------------------------

    def add(self, path: str | Path, name: str = "") -> None:
        """Take in what is at a path; `name` is what people call it, if not that.

        Raises
        ------
        SourceError
            If nothing is there. A file that cannot be used becomes a leftover.
        """
        path = possible_path(path)
        name = name or path.name
        if not path.exists():
            raise SourceError(f"Nothing is at {path}.")
        try:
            if path.is_dir():
                self._add_folder(path, name)
            elif _is_zip(path):
                self._add_zip(path, name)
            else:
                self._add_file(partial(path.open, "rb"), name)  # type: ignore[arg-type]
        except SourceError as error:
            self._leave(name, str(error))

    def _add_folder(self, path: Path, name: str) -> None:
        if any((path / document).exists() for document in _DOCUMENTS):
            self._add_zarr(path, name)
            return
        source = self._opened.enter_context(open_source(path))
        for member, reason in source.left_out:
            if reason == "is a Zarr hierarchy":
                inside = member.rstrip("/")
                self._add_zarr(path / inside, inside)
            else:
                self._leave(member, f"It {reason}.")
        self._add_source(source)

    def _add_zip(self, path: Path, name: str) -> None:
        source = self._opened.enter_context(ZipSource(path, name))
        if any(file.base in _DOCUMENTS for file in source.files):
            self._add_zarr(path, name)
            return
        for member, reason in source.left_out:
            self._leave(member, f"It {reason}.")
        self._add_source(source)

    def _add_zarr(self, path: Path, name: str) -> None:
        try:
            store = open_store(path)
            self._opened.callback(store.close)
            for file in zarr_images(store, name):
                self._take((file,))
        except HCSError as error:
            # Where it lies is nobody's business who calls it by another name.
            self._leave(name, str(error).replace(str(path), name))

    def _add_source(self, source: ExportSource) -> None:
        """Take in the images of a folder or zip, as its export's reader places them."""
        listed = read_list(source)
        export = None if listed else _export(source)
        for file in source.files:
            if is_of_system(file) or file.base == LIST_NAME:
                continue
            if export is not None and file.name in export.pages:
                self._add_pages(source.opener(file.name), file.name, export)
                continue
            stated, stated_by, channel = _stated(file.name, export)
            field_name = ""
            if listed is not None:
                stated, field_name = listed.get(file.name, (None, ""))
                stated_by = f"{LIST_NAME} beside it"
            jpeg = file.base.lower().endswith(_JPEG)
            if is_image_name(file) or jpeg or stated is not None:
                self._add_file(
                    source.opener(file.name),
                    file.name,
                    stated=stated,
                    stated_by=stated_by,
                    channel=channel,
                    field_name=field_name,
                )
            elif export is None or file.name not in export.documents:
                self._leave(file.name, "It is no image by its name.", is_image=False)

    def _add_pages(self, opener: Opener, name: str, export: Export) -> None:
        """Take in each page of a file, as the export places it."""
        try:
            file = read_image_file(opener, name=name, limits=self._limits)
        except SourceError as error:
            self._leave(name, str(error))
            return
        for page, parts in export.pages[name].items():
            if len(file.axes) == 3 and page < file.shape[0]:
                said_by, channel = _export_name(export), _channel_name(export, parts)
                self._take((page_image(file, page),), parts, said_by, channel)

    def _add_file(
        self,
        opener: Opener,
        name: str,
        *,
        stated: NameParts | None = None,
        stated_by: str = "",
        channel: str | None = None,
        field_name: str = "",
    ) -> None:
        try:
            series = _series_of(opener, name, self._limits)
        except SourceError as error:
            self._leave(name, str(error))
            return
        files = tuple(series.values())
        self._take(files, stated, stated_by, channel, field_name, tuple(series))

    def _take(
        self,
        files: tuple[ImageFile, ...],
        stated: NameParts | None = None,
        stated_by: str = "",
        channel: str | None = None,
        field_name: str = "",
        numbers: tuple[int, ...] = (0,),
    ) -> None:
        """Take in the images of one file; `numbers` are theirs in it."""
        described = []
        for number, file in zip(numbers, files, strict=True):
            identifier = f"{len(self.pictures)}.{number}"
            self._images[identifier] = file
            self._opened.callback(file.close)
            picture = describe_picture(
                file,
                identifier,
                stated=stated,
                stated_by=stated_by,
                series_name=file.series[number] if file.series else "",
                series_number=number,
            )
            if field_name:
                picture = replace(picture, field_name=field_name)
            if channel and not any(picture.channels) and picture.size("c") == 1:
                picture = replace(picture, channels=(channel,))
            described.append(picture)
        first, *others = described
        series = (first, *others) if others else ()
        self.pictures.append(replace(first, series=series))

    def _leave(self, name: str, reason: str, *, is_image: bool = True) -> None:
        self.leftovers.append(leftover(name, reason, is_image=is_image))


def open_pictures(
    paths: Iterable[str | Path] | Mapping[Path, str], *, limits: Limits | None = None
) -> PictureFiles:
    """Return the pictures at some paths; use it as a context.

    Parameters
    ----------
    paths
        Of image files, of folders and zips of them, of exports that an importer's
        preset reads, and of OME-Zarr images and plates. A mapping says what people call
        what is at each.
    limits
        What a file may ask for; generous where None.

    Raises
    ------
    SourceError
        If nothing is at one of the paths.
    """
    files = PictureFiles(limits)
    try:
        for path in paths:
            files.add(path, paths[Path(path)] if isinstance(paths, Mapping) else "")
    except BaseException:
        files.close()
        raise
    return files


def _is_zip(path: Path) -> bool:
    with path.open("rb") as stream:
        return stream.read(4) in (b"PK\3\4", b"PK\5\6")


def _export(source: ExportSource) -> Export | None:
    """Return what a preset of the importer reads, None where no preset fits."""
    try:
        return read_export(source)
    except SourceError:
        return None


def _stated(
    name: str, export: Export | None
) -> tuple[NameParts | None, str, str | None]:
    """Return what an export says of a file, who says it, and its channel's name."""
    if export is None or name not in export.file_parts:
        return None, "", None
    parts = export.file_parts[name]
    return parts, _export_name(export), _channel_name(export, parts)


def _export_name(export: Export) -> str:
    return f"the export ({export.preset})"


def _channel_name(export: Export, parts: NameParts) -> str | None:
    note = None if parts.channel is None else export.channels.get(parts.channel)
    return None if note is None else note.name


def _series_of(
    opener: Opener, name: str, limits: Limits | None
) -> dict[int, ImageFile]:
    """Return the images of a file that can be read, by their numbers in it."""
    first = read_image_file(opener, name=name, limits=limits)
    if len(first.series) > _MAX_SERIES:
        raise SourceError(
            f"{name} holds {len(first.series)} images; at most {_MAX_SERIES} are read."
        )
    files = {0: first}
    for number in range(1, len(first.series)):
        with suppress(SourceError):  # the others stand alone
            files[number] = read_image_file(
                opener, name=name, limits=limits, series=number
            )
    return files
