"""What a plate document says of the physical plate."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.ngff.envelope import extension, own_id
from hcs.plates.well_names import WellNames

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hcs.flatfield import FlatField
    from hcs.layout import PlateFormat
    from hcs.metadata import (
        Plate,
        PlateAcquisition,
        PlateColumn,
        PlateRow,
        PlateWell,
    )


class PlateDescription:
    """The rows, columns, wells and imaging runs of a plate, in a store or not."""

    _metadata: Plate
    _names: WellNames

    @property
    def metadata(self) -> Plate:
        """What the plate document says, or what somebody says of the plate."""
        return self._metadata

    @metadata.setter
    def metadata(self, metadata: Plate) -> None:
        self._metadata = metadata
        self._names = WellNames(metadata)

    @property
    def attributes(self) -> Mapping[str, Any]:
        """The attributes of the plate group; none of a plate that is nowhere yet."""
        return {}

    @property
    def name(self) -> str | None:
        """Name of the plate; may be empty or absent."""
        return self.metadata.name

    @property
    def rows(self) -> list[PlateRow]:
        """The rows of the physical plate, downwards."""
        return self.metadata.rows

    @property
    def columns(self) -> list[PlateColumn]:
        """The columns of the physical plate, rightwards."""
        return self.metadata.columns

    @property
    def wells(self) -> list[PlateWell]:
        """The wells that the plate document lists."""
        return self.metadata.wells

    @property
    def acquisitions(self) -> list[PlateAcquisition] | None:
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

    @property
    def conditions(self) -> dict[str, dict[str, Any]]:
        """Conditions of the wells by path, then by column of the plate map.

        Those that an import wrote; else those of the condition tables inside the plate.
        """
        conditions = extension(self.attributes).get("conditions")
        columns = conditions.get("columns") if isinstance(conditions, dict) else None
        wells = conditions.get("wells") if isinstance(conditions, dict) else None
        if not isinstance(columns, list) or not isinstance(wells, dict):
            return self._stored_conditions()
        return {
            path: dict(zip(map(str, columns), values, strict=False))
            for path, values in wells.items()
            if isinstance(values, list)
        }

    def _stored_conditions(self) -> dict[str, dict[str, Any]]:
        """Return what tables inside the plate say; none of one that is nowhere yet."""
        return {}

    @property
    def projection(self) -> str:
        """How the planes were projected along z before the import, in words.

        ``""`` where they are planes, or nothing is known of it.
        """
        return self._imported("projection")

    @property
    def barcode(self) -> str:
        """Barcode that the microscope's export gave; ``""`` where nothing is known."""
        return self._imported("barcode")

    def _imported(self, name: str) -> str:
        record = extension(self.attributes).get("import")
        text = record.get(name) if isinstance(record, dict) else None
        return text if isinstance(text, str) else ""

    @property
    def flat_fields(self) -> dict[str, FlatField]:
        """The microscope's own flat-field profiles by the channel's name.

        Those that an import kept; stored pixels are as they were acquired.
        """
        from hcs.flatfield import read_flat_field

        channels = extension(self.attributes).get("channels")
        entries = channels if isinstance(channels, list) else []
        fields = {
            str(entry.get("name")): read_flat_field(entry.get("flat_field"))
            for entry in entries
            if isinstance(entry, dict)
        }
        return {name: field for name, field in fields.items() if field is not None}

    @property
    def gaps(self) -> tuple[dict[str, Any], ...]:
        """What the import found missing: well, field, channel, z, t of each plane."""
        gaps = extension(self.attributes).get("gaps")
        entries = gaps if isinstance(gaps, list) else []
        return tuple(dict(entry) for entry in entries if isinstance(entry, dict))

    @property
    def has_own_id(self) -> bool:
        """Whether `id` is written in the plate rather than a fingerprint."""
        return bool(own_id(self.attributes))

    def label(self, well: PlateWell | str) -> str:
        """Return a well, or the path of one, as people write it: ``"B02"``.

        Parameters
        ----------
        well
            An entry of `wells`, or its path, ``<row name>/<column name>``.

        Returns
        -------
            Row and column, padded to the digits of the plate's widest column name; the
            path as it is where the plate's names are not letters and numbers.
        """
        return self._names.label(well if isinstance(well, str) else well.path)

    def __len__(self) -> int:
        return len(self.wells)
