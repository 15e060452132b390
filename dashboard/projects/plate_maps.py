"""Plate maps that people give to plates: kept in the workspace, never in the plate."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from dashboard.errors import RefusedError
from dashboard.projects.roles import RolesView, view_of
from dashboard.quality.imported_tables import places
from dashboard.settings import project_of
from dashboard.text import plain_text
from hcs import read_plate_map
from hcs.layout import PlateFormat, well_label
from hcs.lines import physical_plate
from hcs.qc import ROLES
from hcs.tables import map_plates, plate_map_table, safe_cell, typed_roles

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import PlateOverview
    from dashboard.projects.roles import RoleStore
    from dashboard.settings import Settings
    from hcs.layout import Position
    from hcs.tables import Sources, WellConditions

_MAP = "plate-map"
_TYPED = "typed-roles"
ROLE = "role"
"""Column that typed patterns make."""

_SHOWN = 20
"""Problems that are listed one by one."""

Conditions = dict[str, dict[str, Any]]
"""Value by column, for each well: by its label or its path."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MapPreview:
    """What a file would say of the wells of a plate."""

    name: str
    shape: str
    """``"long"``: a row a well; ``"plate"``: grids in the shape of the plate."""

    encoding: str
    barcodes: tuple[str, ...]
    """Plates that the file speaks of."""

    barcode: str
    """The one whose rows these are."""

    wells: int
    """Wells of the plate that it lists."""

    unmatched: tuple[str, ...]
    """Wells that it lists and the plate does not have."""

    missing: tuple[str, ...]
    """Wells with images that it does not list."""

    problems: tuple[str, ...]
    more_problems: int
    roles: RolesView
    rows: tuple[tuple[str, ...], ...]
    """The first wells with their values, for people to check."""


class PlateMapStore:
    """Plate maps of plates, and typed controls of projects."""

    def __init__(self, settings: Settings, roles: RoleStore) -> None:
        self._settings = settings
        self._roles = roles
        self._whose_typed: dict[str, tuple[PlateOverview, tuple[str, str]]] = {}
        """Project and grid of plates by key, and the overview that they were of."""

    # --- what holds -------------------------------------------------------------------

    def conditions(self, plate: ServedPlate) -> Conditions | None:
        """Return what people said of a plate's wells, by path; None without."""
        typed = self.typed(plate)
        stored = self._settings.get(_MAP, plate.plate.id)
        if not typed and not isinstance(stored, dict):
            return None
        overview = plate.overview()
        paths = {well.label: well.path for well in overview.wells}
        conditions: Conditions = (
            {path: dict(values) for path, values in plate.plate.conditions.items()}
            if not isinstance(stored, dict)
            else _stored(stored, paths)
        )
        if typed:
            conditions = _with_roles(conditions, typed, overview)
        return conditions

    def mark(self, plate: ServedPlate) -> tuple[object, ...]:
        """Return what is another object once anything may have changed (fast)."""
        return (
            self._settings.get(_MAP, plate.plate.id),
            self._settings.get(_TYPED, *self._whose(plate)),
        )

    def source(self, plate: ServedPlate) -> dict[str, str]:
        """Return file, person and time of the map that was given, empty without."""
        stored = self._settings.get(_MAP, plate.plate.id)
        if not isinstance(stored, dict):
            return {}
        return {key: str(stored.get(key, "")) for key in ("name", "who", "when")}

    def typed(self, plate: ServedPlate) -> dict[str, str]:
        """Return the typed pattern of each role."""
        patterns = self._settings.get(_TYPED, *self._whose(plate))
        return {
            role: str(pattern)
            for role, pattern in (
                patterns if isinstance(patterns, dict) else {}
            ).items()
            if role in ROLES and pattern
        }

    # --- changing ---------------------------------------------------------------------

    def preview(
        self,
        plate: ServedPlate,
        data: Sources,
        name: str,
        barcode: str = "",
        part: str | None = None,
    ) -> MapPreview:
        """Return what a file, or several that belong together, would say of a plate.

        Parameters
        ----------
        plate
            The plate.
        data, name
            The file, or several; see `hcs.tables.plate_map_table`.
        barcode
            Whose rows are meant, where the map is of several plates.
        part
            Sheet, or table of a database; the first that names wells where None.

        Raises
        ------
        SourceError
            If it cannot be read or names no well.
        """
        overview = plate.overview()
        table = plate_map_table(data, name=name, part=part)
        barcodes = map_plates(table)
        chosen = barcode if barcode in barcodes else _matching(barcodes, overview)
        plate_map = self._read(plate, table, name, chosen)
        labels = places(overview)
        here = {labels[well] for well in plate_map.wells if well in labels}
        by_label = _by_label(plate_map, labels)
        present = [w.label for w in overview.wells if w.state == "present"]
        texts = [problem.message for problem in plate_map.problems]
        return MapPreview(
            name=plate_map.name,
            shape=plate_map.shape,
            encoding=plate_map.encoding,
            barcodes=barcodes,
            barcode=chosen,
            wells=len(here),
            unmatched=tuple(
                well_label(*well) for well in plate_map.wells if well not in labels
            ),
            missing=tuple(label for label in present if label not in here),
            problems=tuple(texts[:_SHOWN]),
            more_problems=max(0, len(texts) - _SHOWN),
            roles=view_of(
                plate_map.columns,
                _texts(by_label),
                self._roles.chosen_mapping(overview, plate_map.columns),
            ),
            rows=tuple(
                (label, *(plain_text(values.get(c), 40) for c in plate_map.columns))
                for label, values in list(by_label.items())[:5]
            ),
        )

    def keep(
        self, plate: ServedPlate, data: Sources, name: str, barcode: str, who: str
    ) -> None:
        """Keep a file as the plate's map.

        Raises
        ------
        SourceError
            If it cannot be read.
        RefusedError
            If it names no well of this plate.
        """
        plate_map = self._read(plate, data, name, barcode)
        by_label = _by_label(plate_map, places(plate.overview()))
        if not by_label:
            raise RefusedError(f"{plate_map.name} names no well of this plate.")
        value = {
            "name": plain_text(plate_map.name, 200),
            "who": who,
            "when": datetime.now(UTC).isoformat(timespec="seconds"),
            "columns": list(plate_map.columns),
            "wells": {
                label: [values.get(column) for column in plate_map.columns]
                for label, values in by_label.items()
            },
        }
        self._settings.put(value, _MAP, plate.plate.id)

    def forget(self, plate: ServedPlate) -> None:
        """Return to the plate map that came with the plate, if any did."""
        self._settings.put(None, _MAP, plate.plate.id)

    def keep_typed(self, plate: ServedPlate, patterns: Mapping[str, str]) -> None:
        """Keep the patterns of controls for the project's plates of this format.

        Raises
        ------
        InvalidPathError
            If a pattern cannot be read or leaves the plate.
        SourceError
            If a well would have two roles.
        """
        typed = {r: p.strip() for r, p in patterns.items() if r in ROLES and p.strip()}
        typed_roles(typed, format_of(plate.overview()))
        self._settings.put(typed or None, _TYPED, *self._whose(plate))

    def _whose(self, plate: ServedPlate) -> tuple[str, str]:
        """Return under which project and grid controls are kept; pages ask often."""
        overview = plate.overview()
        of, whose = self._whose_typed.get(plate.key, (None, ("", "")))
        if of is not overview:
            grid = format_of(overview)
            whose = project_of(overview.location), f"{grid.rows}x{grid.columns}"
            self._whose_typed[plate.key] = overview, whose
        return whose

    def _read(
        self, plate: ServedPlate, data: Sources, name: str, barcode: str
    ) -> WellConditions:
        return read_plate_map(
            data, format=microplate(plate.overview()), plate=barcode or None, name=name
        )


def format_of(overview: PlateOverview) -> PlateFormat:
    """Return the grid that the labels of a plate's wells lie in."""
    named = places(overview)
    return PlateFormat(
        rows=max([len(overview.rows), *(row + 1 for row, _ in named)]),
        columns=max([len(overview.columns), *(column + 1 for _, column in named)]),
    )


def microplate(overview: PlateOverview) -> PlateFormat:
    """Return the format of the microplate that a plate's wells are of.

    Tables of other programs are about it, also where the plate document lists only some
    of its rows and columns.
    """
    format = physical_plate(overview.rows, overview.columns).format
    return format if all(map(format.holds, places(overview))) else format_of(overview)


def barcodes_of(overview: PlateOverview) -> set[str]:
    """Return the names by which a map may speak of a plate, in small letters."""
    stem = overview.key.rpartition("/")[2]
    for ending in (".zarr", ".ozx", ".ome"):
        stem = stem.removesuffix(ending)
    names = overview.name, stem, overview.barcode
    return {name.casefold().strip() for name in names} - {""}


def as_csv(overview: PlateOverview) -> str:
    """Return the conditions of a plate as a table, a row a well."""
    columns = list(dict.fromkeys(n for w in overview.wells for n, _ in w.conditions))
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["well", *map(safe_cell, columns)])
    for well in overview.wells:
        if well.conditions:
            conditions = dict(well.conditions)
            writer.writerow(
                [
                    well.label,
                    *(safe_cell(conditions.get(column, "")) for column in columns),
                ]
            )
    return out.getvalue()


def _matching(barcodes: tuple[str, ...], overview: PlateOverview) -> str:
    names = barcodes_of(overview)
    here = (code for code in barcodes if code.casefold().strip() in names)
    return next(here, barcodes[0] if barcodes else "")


def _by_label(plate_map: WellConditions, labels: Mapping[Position, str]) -> Conditions:
    return {
        labels[well]: dict(zip(plate_map.columns, values, strict=True))
        for well, values in plate_map.wells.items()
        if well in labels
    }


def _texts(conditions: Conditions) -> dict[str, dict[str, str]]:
    return {
        label: {
            c: plain_text(value, 200)
            for c, value in values.items()
            if value is not None
        }
        for label, values in conditions.items()
    }


def _stored(stored: dict[str, Any], paths: Mapping[str, str]) -> Conditions:
    columns = [str(column) for column in stored.get("columns", ())]
    wells = stored.get("wells")
    return {
        paths[label]: dict(zip(columns, values, strict=False))
        for label, values in (wells if isinstance(wells, dict) else {}).items()
        if label in paths and isinstance(values, list)
    }


def _with_roles(
    conditions: Conditions, typed: Mapping[str, str], overview: PlateOverview
) -> Conditions:
    """Return conditions with a first column of roles; what none names is a sample."""
    named = typed_roles(typed, format_of(overview)).column("role")
    roles = {
        label: named.get(place, "sample") for place, label in places(overview).items()
    }
    return {
        well.path: {ROLE: roles[well.label]}
        | {c: v for c, v in conditions.get(well.path, {}).items() if c != ROLE}
        for well in overview.wells
    }
