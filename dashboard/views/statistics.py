"""The statistics panel: what the chosen metric says about the plate as an assay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dashboard.quality.scores import is_measured
from dashboard.quality.wells import where_to_set
from dashboard.text import plain_text
from dashboard.views.island import Island, Message, text_of
from dashboard.views.writes import Attempts
from hcs.errors import HCSError
from hcs.qc import ROLES, RoleMapping

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.projects.roles import RolesView
    from dashboard.quality.statistics import (
        PositionsView,
        StatisticLine,
        StatisticsView,
    )
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_MOST_DOSES = 200
_UNIT = re.compile(r"[pnuµμm]M\b")


class StatisticsIsland(Island):
    """See ``assets/panels/statistics.js``."""

    module = "panels/statistics.js"


class Statistics:
    """Shows the statistics of the chosen metric; computed off the event loop."""

    def __init__(
        self, session: Session, on_found: Callable[[StatisticsView | None], object]
    ) -> None:
        self._session = session
        self._on_found = on_found
        self._now: Snapshot | None = None
        self._asked: tuple[object, ...] = ()
        self._found: StatisticsView | None = None
        self._problem = ""
        self._attempts = Attempts(session, self._redraw)
        self.component = StatisticsIsland()
        self.component.on("roles", self._keep_roles)
        self.component.on("assay", self._keep_assay)

    def draw(self, now: Snapshot) -> None:
        """Show what is known, and ask for what is not."""
        self._now = now
        asked = _asked(now)
        if asked != self._asked:
            self._asked = asked
            if self._found is not None and self._found.metric.id != now.state.metric:
                self._found = None
            self._problem = ""
            self._ask(now)
        self._show(now)

    def _ask(self, now: Snapshot) -> None:
        state = now.state
        if now.values is None or not is_measured(now.state.metric):
            self._found = None
            return
        service = self._session.service
        self._session.run(
            lambda: service.quality.statistics(
                state.plate, state.metric, state.acquisition, state.way
            ),
            self._take,
            failed=self._fail,
            of=lambda: self._asked,
        )

    def _take(self, found: StatisticsView) -> None:
        self._found = found
        # Which draws everything, for the plate may be coloured by scores.
        self._on_found(found)

    def _fail(self, error: BaseException) -> None:
        self._found = None
        self._problem = (
            plain_text(error)
            if isinstance(error, HCSError)
            else "The statistics could not be computed; the server's log says why."
        )
        if self._now is not None:
            self._show(self._now)

    def _show(self, now: Snapshot) -> None:
        if now.overview is None or now.state.well:
            self.component.put({"shown": False})
            return
        found = self._found
        running = now.progress is not None and now.progress.running
        self.component.put(
            {
                "shown": True,
                "problem": self._problem,
                "hint": ""
                if now.values is not None and is_measured(now.state.metric)
                else "Colour the plate by a measured metric to see its statistics.",
                "running": running,
                "writable": not self._session.read_only,
                "refused": self._attempts.content(),
                "roles": roles_content(now.roles),
                "found": None if found is None else content(found),
            }
        )

    def _keep_roles(self, message: Message) -> None:
        now = self._now
        if now is None or now.overview is None or self._session.read_only:
            return
        mapping = None if message.get("proposal") else mapping_of(message, now.roles)
        service, key = self._session.service, now.state.plate
        self._attempts.make(lambda: service.projects.keep_roles(key, mapping))

    def _keep_assay(self, message: Message) -> None:
        now = self._now
        if now is None or self._session.read_only:
            return
        metric = text_of(message, "metric", 200)
        if not metric or any(one.id == metric for one in now.metrics):
            service, key = self._session.service, now.state.plate
            self._attempts.make(
                lambda: service.quality.keep_assay_metric(key, metric or None)
            )

    def _redraw(self) -> None:
        if self._now is not None:
            self._show(self._now)


def _asked(now: Snapshot) -> tuple[object, ...]:
    values = now.values
    numbers = (
        () if values is None else tuple(one.value for one in values.wells.values())
    )
    failed = now.failed
    mapping = now.roles.mapping
    return (
        now.state.plate,
        now.state.metric,
        now.state.acquisition,
        now.state.way,
        numbers,
        failed,
        now.assay_metric,
        (mapping.role, tuple(sorted(mapping.values.items()))),
        (mapping.compound, mapping.dose),
    )


def mapping_of(message: Message, roles: RolesView) -> RoleMapping:
    """Return the mapping that a page chose; what the plate map has not is left out."""

    def column(name: str) -> str | None:
        asked = text_of(message, name, 300)
        return asked if asked in roles.columns else None

    given = message.get("values")
    dose = column("dose")
    unit = roles.mapping.unit if dose == roles.mapping.dose else None
    if unit is None and dose is not None and (found := _UNIT.search(dose)):
        unit = found.group()
    return RoleMapping(
        role=column("role"),
        values={
            str(value)[:300]: role
            for value, role in (given if isinstance(given, dict) else {}).items()
            if role in ROLES
        },
        compound=column("compound"),
        dose=dose,
        unit=unit,
        replicate=roles.mapping.replicate,
    )


def roles_content(roles: RolesView) -> dict[str, Any] | None:
    """Return what the plate map means, None where there is no plate map."""
    if not roles.columns:
        return None
    mapping = roles.mapping
    return {
        "columns": list(roles.columns),
        "choices": [
            {"name": one.name, "values": [list(value) for value in one.values]}
            for one in roles.choices
        ],
        "all": list(ROLES),
        "role": mapping.role,
        "values": dict(mapping.values),
        "compound": mapping.compound,
        "dose": mapping.dose,
        "kept": roles.kept,
        "counts": roles.counts,
    }


def content(found: StatisticsView) -> dict[str, Any]:
    """Return the statistics as the page draws them."""
    return {
        "metric": found.metric.id,
        "title": plain_text(found.metric.title, 80),
        "unit": plain_text(found.metric.unit, 20),
        "wells": found.wells,
        "exploratory": found.exploratory,
        "assay": found.assay_metric,
        "missing": plain_text(found.missing, 300),
        "place": where_to_set(found.metric.id) if found.missing else "",
        "controls": [_line(one) for one in found.controls],
        "left_out": [list(one) for one in found.left_out],
        "positions": _positions(found.positions),
        "assumed": found.assumed,
        "doses": [
            [plain_text(one.compound, 60), one.dose, one.n, one.mean, one.sd]
            for one in found.doses[:_MOST_DOSES]
        ],
        "dose_unit": plain_text(found.dose_unit, 20),
        "b_note": ""
        if found.b_note == found.positions.refusal
        else plain_text(found.b_note),
    }


def _line(one: StatisticLine) -> dict[str, Any]:
    return {
        "id": one.id,
        "title": one.title,
        "meaning": one.meaning,
        "value": one.value,
        "kept": one.kept,
        "n": one.n,
        "note": one.note,
        "percent": one.percent,
    }


def _positions(found: PositionsView) -> dict[str, Any]:
    return {
        "basis": found.basis,
        "n": found.n,
        "refusal": found.refusal,
        "effects": [
            [one.title, one.text, one.meaning, one.material] for one in found.effects
        ],
        "offered": None if found.offered is None else _positions(found.offered),
    }
