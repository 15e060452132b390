"""What has become of an export since it was imported."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from hcs.ingest.plate.grid import FieldKey, PlaneGrid
    from hcs.ingest.sources import ExportFile
    from hcs.layout import PlateFormat


@dataclass(frozen=True, slots=True, kw_only=True)
class Growth:
    """How the fields of an export differ from those that were imported.

    Fields are named by their paths in the plate, such as ``"B/3/0"``.
    """

    new: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    """Made of other files, or of other channels, z or times, than before."""

    gone: frozenset[str] = frozenset()
    """Of which the export has no file any more; the plate has them."""

    def __bool__(self) -> bool:
        """Whether there is anything to write."""
        return bool(self.new or self.changed)


def growth(before: Mapping[str, str], now: Mapping[str, str]) -> Growth:
    """Return how fields differ, by the digests that each had and has.

    >>> growth({"A/1/0": "x", "A/2/0": "x"}, {"A/1/0": "y", "A/3/0": "x"}).changed
    frozenset({'A/1/0'})

    Parameters
    ----------
    before
        Digest of each field when it was imported, by its key.
    now
        Digest of each field as the export has it now, by its key.
    """
    return Growth(
        new=frozenset(now.keys() - before.keys()),
        changed=frozenset(
            name for name in now.keys() & before.keys() if now[name] != before[name]
        ),
        gone=frozenset(before.keys() - now.keys()),
    )


def field_path(key: FieldKey, format: PlateFormat) -> str:
    """Return the path that a field has in the plate while it was never corrected."""
    (row, column), field = key
    return f"{format.row_names[row]}/{format.column_names[column]}/{field}"


def field_digests(
    files: Iterable[ExportFile], grid: PlaneGrid, format: PlateFormat
) -> dict[str, str]:
    """Return by which the files that a field is made of are known again.

    Names, sizes and marks count, so a file that was written again counts as another;
    and so does the shape of the field, which the whole plate's axes give it.
    """
    marks = {file.name: f"{file.size}:{file.mark}" for file in files}
    axes = repr((grid.channels, grid.z, grid.t, grid.size, str(grid.dtype)))
    digests = {}
    for key, planes in grid.planes.items():
        digest = hashlib.blake2b(axes.encode(), digest_size=8)
        for index, plane in sorted(planes.items()):
            text = f"{index}{plane.file}{plane.index}{marks.get(plane.file)}\0"
            digest.update(text.encode())
        digests[field_path(key, format)] = digest.hexdigest()
    return digests
