"""Which plates the files of a source are of."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import SourceError
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping, Sequence

    from hcs.ingest.sources import ExportFile

_SHOWN = 8
"""Plates that a message names."""


@dataclass(frozen=True, slots=True, order=True)
class PlateKey:
    """What tells a plate from the others of a source."""

    folder: str = ""
    """Folder of its files, ``""`` where they lie in the source itself."""

    name: str = ""
    """Its name as names of files give it, ``""`` where they do not."""

    def __str__(self) -> str:
        return "/".join(filter(None, (self.folder, self.name))) or "."


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateFiles:
    """The files of a source that are of one plate."""

    key: PlateKey
    images: tuple[ExportFile, ...]
    """Those that are named as images of it."""

    files: tuple[ExportFile, ...]
    """The images and what may describe them, sorted by name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PlateListing:
    """A plate of a source, as it is listed before it is chosen."""

    name: str
    """What `hcs.import_plate` takes as `plate`."""

    preset: str
    """The reader that takes it."""

    reason: str
    """Why that one, in words."""

    images: int
    """Number of image files, of which not every one must be used."""

    size: int
    """Bytes of those."""


def by_folder(
    files: Iterable[ExportFile],
    is_image: Callable[[ExportFile], bool],
    is_document: Callable[[ExportFile], bool] = lambda file: False,
) -> dict[str, PlateKey]:
    """Return the plates of images that folders tell apart, by the images' names.

    A plate's folder is the nearest one around an image that holds a document which
    describes plates, else the image's own.
    """
    described = {file.folder for file in files if is_document(file)}
    return {
        file.name: PlateKey(_around(file.folder, described))
        for file in files
        if is_image(file)
    }


def _around(folder: str, described: Collection[str]) -> str:
    outer = folder
    while outer and outer not in described:
        outer = outer.rpartition("/")[0]
    return outer if outer in described else folder


def by_plate(
    files: Iterable[ExportFile], keys: Mapping[str, PlateKey]
) -> tuple[PlateFiles, ...]:
    """Return the plates of a source, sorted; at least one, with all files.

    A file that is of no plate by its name is given to the plates of the nearest folder
    around it that is a plate's, else to those of folders below it, else to all.

    Parameters
    ----------
    keys
        The plate of each image, by the image's name.
    """
    images: defaultdict[PlateKey, list[ExportFile]] = defaultdict(list)
    others = []
    for file in files:
        key = keys.get(file.name)
        if key is None:
            others.append(file)
        else:
            images[key].append(file)
    if not images:
        return (PlateFiles(key=PlateKey(), images=(), files=tuple(others)),)
    documents: defaultdict[PlateKey, list[ExportFile]] = defaultdict(list)
    nearest = {folder: _nearest(folder, images) for folder in _folders(others)}
    for file in others:
        for key in nearest[file.folder]:
            documents[key].append(file)
    return tuple(
        PlateFiles(
            key=key,
            images=tuple(images[key]),
            files=tuple(
                sorted((*images[key], *documents[key]), key=lambda file: file.name)
            ),
        )
        for key in sorted(images)
    )


def _folders(files: Iterable[ExportFile]) -> set[str]:
    return {file.folder for file in files}


def _nearest(folder: str, keys: Iterable[PlateKey]) -> list[PlateKey]:
    """Return the plates that a file in `folder` may describe."""
    around = [key for key in keys if _holds(key.folder, folder)]
    if around:
        depth = max(len(key.folder) for key in around)
        return [key for key in around if len(key.folder) == depth]
    return [key for key in keys if _holds(folder, key.folder)] or list(keys)


def _holds(outer: str, inner: str) -> bool:
    return not outer or inner == outer or inner.startswith(f"{outer}/")


def choose_plate(
    plates: Sequence[PlateFiles], name: str | None, source: str
) -> PlateFiles:
    """Return the plate that was asked for, or the only one.

    Parameters
    ----------
    name
        A plate's whole name (`PlateListing.name`), or its name, its folder or the last
        part of that, where no other plate has the same.
    source
        Name of the source, for messages; it also names the only plate.

    Raises
    ------
    SourceError
        If there are several and none was asked for, or none or several are called so.
    """
    names = listed_names(plates, source)
    listing = some(names, _SHOWN)
    if name is None:
        if len(plates) == 1:
            return plates[0]
        raise SourceError(
            f"{source} holds {len(plates)} plates ({listing}); choose one of them "
            f"(--plate NAME, or plate=...), or import one folder at a time."
        )
    if name in names:
        return plates[names.index(name)]
    called = [plate for plate in plates if name in _names(plate.key)]
    if len(called) == 1:
        return called[0]
    problem = f"{len(called)} plates are called" if called else "no plate is called"
    raise SourceError(f"In {source} {problem} {name!r}; there is {listing}.")


def _names(key: PlateKey) -> set[str]:
    return {str(key), key.name, key.folder, key.folder.rpartition("/")[2]} - {""}


def listed_names(plates: Sequence[PlateFiles], source: str) -> tuple[str, ...]:
    """Return a name for each plate by which it is told from the others.

    That of its files, else its folder's, else both; the only plate of a source whose
    files name none has that of the source.
    """
    keys = [plate.key for plate in plates]
    for names in (
        [key.name for key in keys] if len(keys) > 1 else [keys[0].name or source],
        [key.folder or "." for key in keys],
    ):
        if all(names) and len(set(names)) == len(names):
            return tuple(names)
    return tuple(map(str, keys))
