"""CellProfiler's LoadData: a table that lists the images of each field.

Its paths are those of another machine, so that files are known by their names, and by
their folder where several have one name.
"""

from __future__ import annotations

import re
from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, TypeVar

from hcs.errors import SourceError
from hcs.ingest.formats.numbers import positive
from hcs.ingest.microscopes.export import (
    ChannelNote,
    Expected,
    Export,
    holds_none,
    is_image_name,
    unmatched,
)
from hcs.ingest.microscopes.microscope import Microscope
from hcs.ingest.microscopes.plates import PlateKey, by_folder
from hcs.ingest.names import NamePart, NameParts, name_part
from hcs.spellings import read_well_names
from hcs.tables.reading import read_table
from hcs.tables.table import TableFile
from hcs.wording import some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.ingest.sources import ExportFile, ExportSource

MAX_LIST_BYTES: Final = 64 << 20

_LIST = re.compile(
    r"load_?data.*\.(?:csv|tsv|txt|parquet)(?:\.gz)?$", re.IGNORECASE | re.ASCII
)
_WELL, _ROW, _COLUMN = ("well",), ("row",), ("col", "column")
_AXES: Final = {
    "field": ("site", "field", "fieldid", "fov"),
    "z": ("planeid", "plane", "z", "zstack"),
    "t": ("timepoint", "timepointid", "t"),
}
"""Columns after ``Metadata_`` that say where an image belongs."""


@dataclass(frozen=True, slots=True)
class _Row:
    """One image of the list."""

    file: str
    folder: str
    """Of another machine."""

    plate: str
    well: str
    parts: NameParts
    """Without its well."""

    pixel_size: tuple[float, float] | None
    """Micrometres along y and x."""

    emission: float | None
    excitation: float | None
    """Nanometres."""


def is_list(file: ExportFile) -> bool:
    """Return whether a file is named as LoadData tables are."""
    return _LIST.search(file.base) is not None


def plates(files: Sequence[ExportFile]) -> dict[str, PlateKey]:
    """Return the plates that lists in several folders tell apart, by names of images.

    A list without images around it stands for itself; where all lists are in one
    folder, images of any folder are its.
    """
    lists = [file for file in files if is_list(file)]
    folders = {file.folder for file in lists}
    images = [file for file in files if is_image_name(file)]
    if len(folders) == 1 and images:
        return dict.fromkeys((file.name for file in images), PlateKey(*folders))
    keys = by_folder(files, is_image_name, is_list)
    keys = {name: key for name, key in keys.items() if key.folder in folders}
    filled = {key.folder for key in keys.values()}
    alone = {
        file.name: PlateKey(file.folder) for file in lists if file.folder not in filled
    }
    return {**keys, **alone}


def read_list(
    source: ExportSource,
    files: Sequence[ExportFile],
    reason: str,
    *,
    projection: bool = False,
) -> Export:
    """Return the export that LoadData tables list.

    Raises
    ------
    SourceError
        If there is none, one lacks the columns, it lists no file that is there, or
        files of several plates.
    """
    lists = [file.name for file in files if is_list(file)]
    if not lists:
        raise SourceError(
            f"{source.name} holds no LoadData table: none of its files is called such "
            f"as load_data.csv."
        )
    rows = dict.fromkeys(
        row for name in lists for row in _rows(name, source.read(name, MAX_LIST_BYTES))
    )
    named = _by_name(filter(is_image_name, files))
    file_of = {row: file for row in rows if (file := _file_of(row, named))}
    plates = sorted({row.plate for row in file_of})
    if not file_of:
        raise SourceError(
            holds_none(source.name, "a LoadData table", len(rows), " and ".join(lists))
        )
    if len(plates) > 1:
        raise SourceError(
            f"{' and '.join(lists)} lists images of {len(plates)} plates that are in "
            f"{source.name} ({some(plates, 4)}); import one folder at a time."
        )
    of_plate = [row for row in rows if row.plate == plates[0]]
    parts = _placed(of_plate, lists[0])
    file_parts: dict[str, NameParts] = {}
    for row, file in file_of.items():
        if file_parts.setdefault(file.name, parts[row]) != parts[row]:
            raise SourceError(
                f"{lists[0]} lists {file.name} twice, as {file_parts[file.name]} and "
                f"as {parts[row]}."
            )
    return Export(
        preset=MICROSCOPE.preset,
        reason=reason,
        plate=plates[0] or source.name,
        file_parts=dict(sorted(file_parts.items())),
        skipped=tuple(
            (file.name, _left_out(file))
            for file in files
            if file.name not in file_parts and file.name not in lists
        ),
        documents=tuple(lists),
        pixel_size=_only(row.pixel_size for row in file_of),
        channels=_channel_notes(of_plate),
        expected=Expected(listed=frozenset(parts.values())),
    )


T = TypeVar("T")


def _only(values: Iterable[T | None]) -> T | None:
    """Return the value that all rows have, None where they differ or have none."""
    different = {value for value in values if value is not None}
    return different.pop() if len(different) == 1 else None


def _channel_notes(rows: Sequence[_Row]) -> dict[NamePart, ChannelNote]:
    channels: defaultdict[NamePart, list[_Row]] = defaultdict(list)
    for row in rows:
        if row.parts.channel is not None:
            channels[row.parts.channel].append(row)
    return {
        channel: ChannelNote(
            emission=_only(row.emission for row in listed),
            excitation=_only(row.excitation for row in listed),
        )
        for channel, listed in channels.items()
    }


def _left_out(file: ExportFile) -> str:
    if is_image_name(file):
        return "is not listed as an image of this plate"
    return unmatched(file)


def _rows(name: str, data: bytes) -> Iterator[_Row]:
    """Yield the images of a table; illumination functions are none."""
    table = read_table(TableFile(name, data))
    header, *lines = table.rows
    columns = {text.lower(): i for i, text in enumerate(header)}
    images = {
        text.partition("_")[2]: i
        for i, text in enumerate(header)
        if text.lower().startswith("filename_")
        and not text.lower().startswith("filename_illum")
    }
    wells = _metadata(columns, _WELL)
    pair = [_metadata(columns, _ROW), _metadata(columns, _COLUMN)]
    if not images or (wells is None and None in pair):
        raise SourceError(
            f"{name} is no LoadData table: it needs columns FileName_... and "
            f"Metadata_Well, or Metadata_Row and Metadata_Col; it has "
            f"{some(header, 6)}."
        )
    plates = _metadata(columns, ("plate",))
    axes = {axis: _metadata(columns, names) for axis, names in _AXES.items()}
    for cells in lines:
        text = _Cells(cells)
        well = text[wells] or _pair_of(text[pair[0]], text[pair[1]])
        pixel_size = _pixel_size(
            *(text[columns.get(f"metadata_imageresolution{axis}")] for axis in "yx")
        )
        field, z, t = (_part(text[axes[axis]]) for axis in ("field", "z", "t"))
        for label, i in images.items():
            waves = "metadata_main{}wavelength_" + label.lower()
            if text[i] and well:
                yield _Row(
                    file=re.split(r"[/\\]", text[i])[-1],
                    folder=text[columns.get(f"pathname_{label.lower()}")],
                    plate=text[plates],
                    well=well,
                    parts=NameParts(channel=_channel(label), field=field, z=z, t=t),
                    pixel_size=pixel_size,
                    emission=positive(text[columns.get(waves.format("emission"))]),
                    excitation=positive(text[columns.get(waves.format("excitation"))]),
                )


def _pixel_size(*texts: str) -> tuple[float, float] | None:
    """Return metres as micrometres, None where the numbers are hardly metres."""
    y, x = (positive(text) for text in texts)
    if y is None or x is None or not _LEAST_PIXEL < min(y, x) <= max(y, x) < _PIXEL:
        return None
    return float(f"{y * 1e6:.9g}"), float(f"{x * 1e6:.9g}")


_LEAST_PIXEL, _PIXEL = 1e-9, 1e-4
"""Metres, as pe2loaddata copies them from Harmony; programs with other units write
larger numbers."""


class _Cells:
    """Cells of a row by the number of their column; "" where there is none."""

    def __init__(self, cells: Sequence[str]) -> None:
        self._cells = cells

    def __getitem__(self, column: int | None) -> str:
        if column is None or column >= len(self._cells):
            return ""
        return self._cells[column]


def _metadata(columns: Mapping[str, int], names: Iterable[str]) -> int | None:
    return next(
        (columns[f"metadata_{n}"] for n in names if f"metadata_{n}" in columns), None
    )


def _pair_of(row: str, column: str) -> str:
    if not (row and column):
        return ""
    return f"r{row}c{column}" if row.isdigit() else f"{row}{column}"


def _channel(label: str) -> NamePart:
    """Return the channel of ``FileName_OrigDNA``, which is DNA."""
    return name_part(re.sub(r"^Orig(?=[A-Z0-9])", "", label))


def _part(text: str) -> NamePart | None:
    if not text:
        return None
    number = re.fullmatch(r"([0-9]+)(?:\.0*)?", text)
    return name_part(number[1] if number else text)


def _by_name(files: Iterable[ExportFile]) -> Mapping[str, list[ExportFile]]:
    named: defaultdict[str, list[ExportFile]] = defaultdict(list)
    for file in files:
        named[file.base.casefold()].append(file)
    return named


def _file_of(row: _Row, named: Mapping[str, list[ExportFile]]) -> ExportFile | None:
    """Return the file that a row means, None where it is not there.

    Of several with one name, that of which most folders are those of the list.
    """
    files = named.get(row.file.casefold(), [])
    if len(files) < 2:
        return files[0] if files else None
    folders = [part.casefold() for part in re.split(r"[/\\]", row.folder) if part]
    ranked = sorted(files, key=lambda file: -_shared(file, folders))
    best, other = (_shared(file, folders) for file in ranked[:2])
    if best == other:
        raise SourceError(
            f"The list names {row.file} in {row.folder or 'no folder'}, and "
            f"{len(files)} files could be meant: "
            f"{some([file.name for file in files], 3)}."
        )
    return ranked[0]


def _shared(file: ExportFile, folders: Sequence[str]) -> int:
    """Return how many folders, from the file upwards, are the list's last ones."""
    own = [part.casefold() for part in file.folder.split("/") if part]
    count = 0
    for mine, listed in zip(reversed(own), reversed(folders), strict=False):
        if mine != listed:
            break
        count += 1
    return count


def _placed(rows: Sequence[_Row], name: str) -> dict[_Row, NameParts]:
    """Return what each row says, with the position of its well."""
    wells = read_well_names({row.well for row in rows})
    if wells.problems:
        well, problem = next(iter(wells.problems.items()))
        raise SourceError(f"{name} lists a well {well!r}: {problem}")
    return {row: replace(row.parts, well=wells.positions[row.well]) for row in rows}


MICROSCOPE: Final = Microscope(
    preset="loaddata",
    maker="CellProfiler LoadData",
    matches=is_list,
    read=read_list,
    plates=plates,
)
