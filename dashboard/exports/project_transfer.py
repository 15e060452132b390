"""Takes a project to a file, and a file into a workspace: all of it or nothing."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select

from dashboard.errors import DashboardError
from dashboard.exports.json_lines import write_whole
from dashboard.exports.project_file import (
    EVENT,
    KINDS,
    MADE,
    KnownPlate,
    ProjectFile,
    Setting,
    lines_of,
    read_project,
)
from dashboard.projects.plate_maps import ROLE, format_of
from dashboard.reviews.acts import continued
from dashboard.reviews.blind import refuse_if_blind
from dashboard.reviews.signed import refuse_if_signed
from dashboard.reviews.verdicts import Verdicts
from dashboard.settings import project_of
from dashboard.storage.database import events, settings_revisions
from dashboard.text import plain_text
from hcs.qc import header_key

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from sqlalchemy import Connection

    from dashboard.plates.served import ServedPlate
    from dashboard.reviews.acts import ReviewAct
    from dashboard.service import Service

_MOST_NAMES = 5

Slot = tuple[str, str, tuple[str, ...]]
"""Kind, plate and what else names a setting."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transferred:
    """How much went to a file, or was new of one."""

    plates: int
    settings: int
    acts: int
    away: tuple[str, ...] = ()
    """Names of plates of the file that are not here; what is theirs waits for them."""


class ProjectTransfer:
    """Exports and imports the project of the plates that are served.

    Parameters
    ----------
    service
        Where everything is kept, and what is known of the plates.
    """

    def __init__(self, service: Service) -> None:
        storage = service.storage
        self._engine = storage.engine
        self._ledger = storage.ledger
        self._settings = storage.settings
        self._plates = storage.plates
        self._links = storage.links
        self._reviews = service.reviews
        self._signing = service.signing
        self._assay = service.assay

    def write(self, file: Path) -> Transferred:
        """Write the project to a file.

        Raises
        ------
        DashboardError
            If the plates are of several projects, one cannot be opened, or the file
            cannot be written.
        RefusedError
            If a blind review is under way: the file would tell each of the other.
        """
        project, plates = self._project()
        for plate in plates:
            refuse_if_blind(self._reviews, plate.key)
        project_file = self._content(project, plates)
        try:
            write_whole(file, "".join(lines_of(project_file)))
        except OSError as error:
            raise DashboardError(
                f"{file} cannot be written: {error.strerror or error}."
            ) from error
        return Transferred(
            plates=len(project_file.plates),
            settings=len(project_file.settings),
            acts=len(project_file.acts),
        )

    def read(self, file: Path, *, replace: bool = False) -> Transferred:
        """Bring what a file holds and is not here yet; return how much that was.

        Parameters
        ----------
        file
            What `write` wrote.
        replace
            Take the file's settings where others are here.

        Raises
        ------
        DashboardError
            If the file is not whole or not understood, settings here are others, or
            the ledger has acts that the file lacks. Nothing was imported then.
        SignedOffError
            If a plate is signed off here whose settings or acts would change.
        """
        self._reviews.may_write()
        project_file = read_project(file)
        project, plates = self._project()
        pairs = _pairs(project_file.plates, plates)
        groups = [self._ids(known, plate) for known, plate in pairs]
        stray = {ledger for ledger, _ in project_file.acts}.difference(*groups)
        groups += [{ledger} for ledger in sorted(stray)]
        settings = list(self._wanted(project_file, project, pairs))
        locks = self._ledger.locks(set().union(*groups))
        with self._settings.together(locks) as connection:
            written = self._keep(settings, plates, replace=replace)
            acts = self._add(connection, groups, project_file.acts)
            _remember(connection, project_file)
            for known, plate in pairs:
                if plate is not None and known.ledger != known.id:
                    self._links.set_apart(plate, known.ledger)
        for plate in plates:
            self._reviews.forget(plate.key)
            self._assay.apply_plate_map(plate)
            plate.bump()
        return Transferred(
            plates=len(project_file.plates),
            settings=written,
            acts=acts,
            away=tuple(
                known.name or known.key for known, plate in pairs if plate is None
            ),
        )

    # --- to a file --------------------------------------------------------------------

    def _project(self) -> tuple[str, list[ServedPlate]]:
        """Return the one project that is served, and its plates."""
        plates = sorted(self._plates.all(), key=lambda plate: plate.key)
        for plate in plates:
            entry = plate.entry()
            if entry.error is not None:
                raise DashboardError(
                    f"{plate.key!r} cannot be opened, so nobody knows what of the "
                    f"project is its own: {entry.error}"
                )
            self._assay.apply_plate_map(plate)
        projects = sorted({project_of(plate.overview().location) for plate in plates})
        if len(projects) != 1:
            names = ", ".join(plain_text(name, 200) for name in projects[:_MOST_NAMES])
            raise DashboardError(
                f"The plates here are of {len(projects)} projects"
                f"{f' ({names})' if names else ''}: a project is the plates of one "
                f"folder. Name one folder."
            )
        return projects[0], plates

    def _content(self, project: str, plates: Sequence[ServedPlate]) -> ProjectFile:
        known = [
            KnownPlate(
                id=plate.plate.id,
                key=plate.key,
                name=plate.overview().name,
                ledger=self._links.ledger(plate),
                ids=tuple(sorted(self._reviews.ids(plate.key))),
            )
            for plate in plates
        ]
        ids = sorted({id for plate in known for id in (*plate.ids, plate.id)})
        acts = [(id, act) for id in ids for act in self._ledger.since(id)]
        acts.sort(key=lambda row: row[1].id)
        with self._engine.connect() as connection:
            return ProjectFile(
                name=project.rpartition("/")[2],
                plates=tuple(known),
                settings=tuple(self._settings_of(project, plates)),
                revisions=tuple(_revisions(connection, acts)),
                acts=tuple(acts),
                events=tuple(_events(connection, ids)),
            )

    def _settings_of(
        self, project: str, plates: Sequence[ServedPlate]
    ) -> Iterator[Setting]:
        slots: list[Slot] = [
            (kind, "", ()) for kind, of in KINDS.items() if not (of.own or of.more)
        ]
        for plate in plates:
            slots += _slots(plate, self._settings.fresh("plate-map", plate.plate.id))
        values: dict[Slot, Any] = {}
        for kind, whose, more in slots:
            place = (kind, whose or project, *more)
            value = values[kind, whose, more] = self._settings.fresh(*place)
            for table_entry in (value or ()) if kind == "imported-list" else ():
                table = str(table_entry["table"])
                rows = self._settings.fresh("imported-rows", whose, table)
                values["imported-rows", whose, (table,)] = rows
        for plate in plates:
            ledger = self._links.ledger(plate)
            values["also-ledgers", ledger, ()] = list(self._links.also(plate)) or None
        for (kind, whose, more), value in values.items():
            if value is not None:
                yield Setting(kind=kind, plate=whose, more=more, value=value)

    # --- from a file ------------------------------------------------------------------

    def _ids(self, known: KnownPlate, plate: ServedPlate | None) -> set[str]:
        """Return under which ids anything may be kept of a plate, here or there."""
        if known.ledger != known.id:  # apart: the id is that of the other copy
            return {known.ledger, *known.ids}
        here = self._reviews.ids(plate.key) | {plate.plate.id} if plate else set()
        return {known.id, *known.ids, *here}

    def _wanted(
        self,
        project_file: ProjectFile,
        project: str,
        pairs: Sequence[tuple[KnownPlate, ServedPlate | None]],
    ) -> Iterator[tuple[Setting, tuple[str, ...]]]:
        """Yield each setting with the name that it has here."""
        ids = {known.id: plate.plate.id for known, plate in pairs if plate is not None}
        for setting in project_file.settings:
            yield (
                setting,
                (ids.get(setting.plate, setting.plate) or project, *setting.more),
            )

    def _keep(
        self,
        settings: Iterable[tuple[Setting, tuple[str, ...]]],
        plates: Sequence[ServedPlate],
        *,
        replace: bool,
    ) -> int:
        """Keep what is not here; return how many that were."""
        others: list[Setting] = []
        new: list[tuple[Setting, tuple[str, ...], Any]] = []
        for setting, name in settings:
            here = self._settings.get(setting.kind, *name)
            value = setting.value
            if setting.kind == "medians" and isinstance(here, dict):
                value = setting.value | {
                    k: v for k, v in here.items() if k not in value
                }
            if json.dumps(here) == json.dumps(value):
                continue
            new.append((setting, name, value))
            if here is not None and setting.kind not in MADE:
                others.append(setting)
        if others and not replace:
            names = "; ".join(setting.text for setting in others[:_MOST_NAMES])
            more = len(others) - _MOST_NAMES
            raise DashboardError(
                f"This project has settings that differ from those of the file: "
                f"{names}{f' and {more} more' if more > 0 else ''}. Nothing was "
                f"imported. Give --replace to take those of the file."
            )
        if any(setting.kind != "medians" for setting, *_ in new):
            for plate in plates:
                self._signing.refuse_settings(plate.key)
        for setting, name, value in new:
            self._settings.put(value, setting.kind, *name)
        return len(new)

    def _add(
        self,
        connection: Connection,
        groups: Iterable[set[str]],
        acts: Sequence[tuple[str, ReviewAct]],
    ) -> int:
        """Add the acts that are not here, plates by their ids; return how many."""
        new: set[int] = set()
        for group in groups:
            here = self._ledger.held(connection, sorted(group))
            mine = [act for ledger, act in acts if ledger in group]
            fresh = continued(here, mine)
            if fresh and fresh[0].kind != "reopen":
                refuse_if_signed(Verdicts(here).signed)
            new.update(map(id, fresh))
        for ledger, act in acts:
            if id(act) in new:
                self._ledger.add(connection, ledger, act)
        return len(new)


def _slots(plate: ServedPlate, stored_map: Any) -> list[Slot]:
    """Return under which names something may be kept of a plate."""
    overview = plate.overview()
    grid = format_of(overview)
    own = dict.fromkeys(
        c
        for well_conditions in plate.plate.conditions.values()
        for c in well_conditions
    )
    shown = dict.fromkeys(c for well in overview.wells for c, _ in well.conditions)
    map_columns = stored_map.get("columns", ()) if isinstance(stored_map, dict) else ()
    maps = [
        (*base, *extra)
        for base in (
            overview.condition_names,
            (*overview.condition_names, *shown),
            tuple(own),
            tuple(map_columns),
        )
        for extra in ((), (ROLE,))
    ]
    headers = dict.fromkeys(header_key(set(columns)) for columns in maps)
    slots: list[Slot] = [
        (kind, plate.plate.id, ())
        for kind, of in KINDS.items()
        if of.own and not of.more and kind != "also-ledgers"
    ]
    slots.append(("typed-roles", "", (f"{grid.rows}x{grid.columns}",)))
    return slots + [("roles", "", (header,)) for header in headers]


def _pairs(
    known_plates: Iterable[KnownPlate], plates: Sequence[ServedPlate]
) -> list[tuple[KnownPlate, ServedPlate | None]]:
    """Return which plate here is each of a file: of copies, the one of its name."""
    left = list(plates)
    pairs: dict[KnownPlate, ServedPlate | None] = dict.fromkeys(known_plates)
    for named in (True, False):
        for known in [known for known, plate in pairs.items() if plate is None]:
            ids = {known.id, *known.ids}
            here = (
                plate
                for plate in left
                if plate.plate.id in ids and (plate.key == known.key or not named)
            )
            pairs[known] = next(here, None)
            left = [plate for plate in left if plate is not pairs[known]]
    return list(pairs.items())


def _revisions(
    connection: Connection, acts: Iterable[tuple[str, ReviewAct]]
) -> Iterator[tuple[str, str, str]]:
    table = settings_revisions.c
    for revision in sorted({act.settings for _, act in acts if act.settings}):
        query = select(table.revision, table.at, table.document)
        row = connection.execute(query.where(table.revision == revision)).first()
        if row is not None:
            yield row[0], row[1], row[2]


def _events(connection: Connection, ids: Sequence[str]) -> Iterator[dict[str, str]]:
    for id in ids:
        query = select(events).where(events.c.plate == id).order_by(events.c.id)
        for row in connection.execute(query).mappings():
            yield {name: row[name] for name in EVENT}


def _remember(connection: Connection, project_file: ProjectFile) -> None:
    """Add revisions and events that are not here."""
    table = settings_revisions
    for id, at, document in project_file.revisions:
        known = select(table.c.revision).where(table.c.revision == id)
        if connection.execute(known).first() is None:
            row = {"revision": id, "at": at, "document": document}
            connection.execute(insert(table), row)
    for plate in sorted({event["plate"] for event in project_file.events}):
        here = {tuple(event.values()) for event in _events(connection, [plate])}
        new = [event for event in project_file.events if event["plate"] == plate]
        new = [event for event in new if tuple(event.values()) not in here]
        if new:
            connection.execute(insert(events), new)
