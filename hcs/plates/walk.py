"""Going through the wells of a plate: what each is, and what is wrong with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from hcs.errors import HCSError, NotFoundError
from hcs.lines import wells_in_order
from hcs.ngff.document import group_document
from hcs.ngff.names import join

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.metadata import PlateWell
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.plates.well import HCSWell

_BATCH = 128
"""Wells whose documents are requested from a remote store at once."""


@dataclass(frozen=True, slots=True)
class WalkedWell:
    """A listed well with what its document says, or why it says nothing."""

    listed: PlateWell
    well: HCSWell | None = None
    fields: tuple[Field, ...] = ()
    error: HCSError | None = None

    @property
    def missing(self) -> bool:
        """Whether nothing is there, rather than something broken."""
        return isinstance(self.error, NotFoundError)


def walk(plate: HCSPlate) -> Iterator[WalkedWell]:
    """Yield the wells that a plate lists, row by row; a broken one keeps no others."""
    assert plate.store is not None  # noqa: S101  (a plate without store has no wells)
    name = group_document(plate.version or "0.5")
    wells = wells_in_order(plate.metadata, plate.wells)
    for start in range(0, len(wells), _BATCH):
        batch = wells[start : start + _BATCH]
        plate.store.prefetch([join(listed.path, name) for listed in batch])
        for listed in batch:
            yield _walked(plate, listed)


def _walked(plate: HCSPlate, listed: PlateWell) -> WalkedWell:
    row, _, column = listed.path.partition("/")
    try:
        well = plate.get_well(row, column)
        return WalkedWell(listed, well, () if well is None else well.fields)
    except HCSError as error:
        return WalkedWell(listed, error=error)
