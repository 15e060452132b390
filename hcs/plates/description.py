"""What a plate document says of the physical plate."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.plates.well_names import WellNames

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.layout import PlateFormat
    from hcs.metadata import (
        Plate,
        PlateAcquisition,
        PlateColumn,
        PlateRow,
        PlateWell,
    )


class PlateDescription:
    """The rows, columns, wells and imaging runs of a plate, in a store or not.

    Attributes
    ----------
    metadata
        What the plate document says.
    """

    metadata: Plate
    _names: WellNames

    def _describe(self, metadata: Plate) -> None:
        """Take what a plate document says, in place of what was known before."""
        self.metadata = metadata
        self._names = WellNames(metadata)

    @property
    def name(self) -> str | None:
        """Name of the plate; may be empty or absent."""
        return self.metadata.name

    @property
    def rows(self) -> Sequence[PlateRow]:
        """The rows of the physical plate, downwards."""
        return self.metadata.rows

    @property
    def columns(self) -> Sequence[PlateColumn]:
        """The columns of the physical plate, rightwards."""
        return self.metadata.columns

    @property
    def wells(self) -> Sequence[PlateWell]:
        """The wells that the plate document lists."""
        return self.metadata.wells

    @property
    def acquisitions(self) -> Sequence[PlateAcquisition] | None:
        """The imaging runs; None where the document declares none."""
        return self.metadata.acquisitions

    @property
    def field_count(self) -> int | None:
        """Largest number of fields over the wells, as the document says."""
        return self.metadata.field_count

    @property
    def format(self) -> PlateFormat:
        """The grid that the document declares, such as 8 rows by 12 columns."""
        from hcs.layout import PlateFormat

        return PlateFormat(rows=len(self.rows), columns=len(self.columns))

    def label(self, well: PlateWell | str) -> str:
        """Return a well, or the path of one, as people write it: ``"B02"``."""
        return self._names.label(well if isinstance(well, str) else well.path)

    def __len__(self) -> int:
        return len(self.wells)
