"""What the wells of a plate are for: proposed from the plate map, corrected by people.

A mapping says which column of the plate map tells controls from samples and which of
its values means which role. It is kept for a project, by the columns' names, so it
holds for every plate of the project with such a map.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.settings import project_of
from hcs.cache import LRUCache
from hcs.qc import ROLES, RoleMapping, WellRole, header_key, propose_mapping

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.plates.values import PlateOverview
    from dashboard.settings import Settings

_KIND = "roles"

_MOST_VALUES = 60
"""A column with more values than this names wells, not roles."""

LETTERS = {"positive": "P", "negative": "N", "untreated": "U"}


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleColumn:
    """A column of the plate map that could tell roles."""

    name: str
    values: tuple[tuple[str, int, str], ...]
    """Value, number of wells, and the role that its word speaks of (or "")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RolesView:
    """What is taken for what on a plate."""

    columns: tuple[str, ...] = ()
    """All columns of the plate map."""

    choices: tuple[RoleColumn, ...] = ()
    """Those with few enough values to tell roles."""

    mapping: RoleMapping = field(default_factory=RoleMapping)
    chosen: bool = False
    """A person chose it for the project; else it is proposed."""

    wells: dict[str, WellRole] = field(default_factory=dict)
    """By well label; wells of the plate map only."""

    @property
    def counts(self) -> dict[str, int]:
        """How many wells each role has."""
        counts = Counter(role.role for role in self.wells.values() if role.role)
        return {role: counts[role] for role in ROLES if counts[role]}

    def letter(self, label: str) -> str:
        """Return ``"P"``, ``"N"`` or ``"U"`` for a control, else ""."""
        role = self.wells.get(label)
        return LETTERS.get(role.role or "", "") if role else ""


_NO_ROLES = RolesView()
"""Of plates without a map: one object, for pages share what they make by objects."""


class RoleStore:
    """Mappings of projects, in the workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._views: LRUCache[tuple[object, ...], RolesView] = LRUCache(16)

    def view(self, overview: PlateOverview) -> RolesView:
        """Return the roles of a plate, by the kept mapping or a proposed one."""
        stated = tuple(
            (well.label, well.conditions) for well in overview.wells if well.conditions
        )
        columns = _columns(overview)
        if not columns:
            return _NO_ROLES
        stored = self._settings.get(_KIND, *_whose(overview, columns))
        key = (stated, json.dumps(stored))
        view = self._views.get(key)
        if view is None:
            conditions = {label: dict(stated_of) for label, stated_of in stated}
            view = view_of(columns, conditions, _from_json(stored, columns))
            self._views.set(key, view)
        return view

    def chosen_mapping(
        self, overview: PlateOverview, columns: tuple[str, ...]
    ) -> RoleMapping | None:
        """Return what was kept in the project for maps with these columns."""
        stored = self._settings.get(_KIND, *_whose(overview, columns))
        return _from_json(stored, columns)

    def keep(
        self,
        overview: PlateOverview,
        mapping: RoleMapping | None,
        columns: tuple[str, ...] | None = None,
    ) -> None:
        """Keep a mapping for the plate's project; None returns to the proposal.

        Parameters
        ----------
        overview
            A plate of the project.
        mapping
            What the columns mean.
        columns
            Of the map; those that the plate has where None.
        """
        if columns is None:
            columns = _columns(overview)
        value = None if mapping is None else _to_json(mapping)
        self._settings.put(value, _KIND, *_whose(overview, columns))


def view_of(
    columns: tuple[str, ...],
    conditions: Mapping[str, Mapping[str, str]],
    chosen: RoleMapping | None,
) -> RolesView:
    """Return what the wells of a map are for.

    Parameters
    ----------
    columns
        Names of the map's columns.
    conditions
        Texts by column, for each well.
    chosen
        What people said the columns mean; proposed where None.
    """
    mapping = propose_mapping(conditions) if chosen is None else chosen
    return RolesView(
        columns=columns,
        choices=tuple(_choices(columns, conditions)),
        mapping=mapping,
        chosen=chosen is not None,
        wells={label: mapping.apply(values) for label, values in conditions.items()},
    )


def _columns(overview: PlateOverview) -> tuple[str, ...]:
    """Return the map's columns, also those that are empty on this plate."""
    used = dict.fromkeys(c for well in overview.wells for c, _ in well.conditions)
    return tuple(dict.fromkeys((*overview.condition_names, *used)))


def _whose(overview: PlateOverview, columns: tuple[str, ...]) -> tuple[str, str]:
    return project_of(overview.location), header_key(columns)


def _choices(
    columns: tuple[str, ...], conditions: Mapping[str, Mapping[str, str]]
) -> list[RoleColumn]:
    choices = []
    for column in columns:
        values = Counter(
            values[column] for values in conditions.values() if column in values
        )
        if not 1 < len(values) <= _MOST_VALUES:
            continue
        # The column's words are read as if it had been called "role".
        guessed = propose_mapping(
            {
                label: {"role": values.get(column)}
                for label, values in conditions.items()
            }
        )
        choices.append(
            RoleColumn(
                name=column,
                values=tuple(
                    (value, number, guessed.values.get(value.strip(), ""))
                    for value, number in sorted(values.items())
                ),
            )
        )
    return choices


def _to_json(mapping: RoleMapping) -> dict[str, Any]:
    return {
        "role": mapping.role,
        "values": dict(mapping.values),
        "compound": mapping.compound,
        "dose": mapping.dose,
        "unit": mapping.unit,
        "replicate": mapping.replicate,
    }


def _from_json(stored: Any, columns: tuple[str, ...]) -> RoleMapping | None:
    if not isinstance(stored, dict):
        return None
    values = stored.get("values")
    return RoleMapping(
        role=_column(stored.get("role"), columns),
        values={
            str(value): role
            for value, role in (values if isinstance(values, dict) else {}).items()
            if role in ROLES
        },
        compound=_column(stored.get("compound"), columns),
        dose=_column(stored.get("dose"), columns),
        unit=stored["unit"] if isinstance(stored.get("unit"), str) else None,
        replicate=_column(stored.get("replicate"), columns),
    )


def _column(name: Any, columns: tuple[str, ...]) -> str | None:
    return name if name in columns else None
