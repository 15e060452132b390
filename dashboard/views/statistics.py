"""The statistics panel: what the chosen metric says about the plate as an assay."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.quality.missing_values import where_to_set
from dashboard.quality.scores import is_measured
from dashboard.text import plain_text
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, text_of
from dashboard.views.snapshot import OF_A_WELL
from dashboard.views.writes import GuardedWrites
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


class Statistics(Part):
    """Shows the statistics of the chosen metric; computed off the event loop."""

    ignores = OF_A_WELL | {"judged"}

    def __init__(
        self, session: Session, on_computed: Callable[[StatisticsView | None], object]
    ) -> None:
        super().__init__(session, StatisticsIsland())
        self._on_computed = on_computed
        self._inputs: tuple[object, ...] = ()
        self._statistics: StatisticsView | None = None
        self._problem = ""
        self._writes = GuardedWrites(session, self._redraw)
        self.component.on("roles", self._keep_roles, asks=Act.ASSAY)
        self.component.on("assay", self._keep_assay, asks=Act.ASSAY)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was kept, where it was asked."""
        del message
        self._writes.refuse(reason)

    def draw(self, now: Snapshot) -> None:
        """Show what is known, and ask for what is not."""
        self._now = now
        inputs = _inputs(now)
        if inputs != self._inputs:
            self._inputs = inputs
            if (
                self._statistics is not None
                and self._statistics.metric.id != now.state.metric
            ):
                self._statistics = None
            self._problem = ""
            self._ask(now)
        self._show(now)

    def _ask(self, now: Snapshot) -> None:
        state = now.state
        if now.values is None or not is_measured(now.state.metric):
            self._statistics = None
            return
        service = self._session.service
        self._session.run(
            lambda: service.quality.statistics(
                state.plate, state.metric, state.acquisition, state.way
            ),
            self._take,
            failed=self._fail,
            of=lambda: self._inputs,
        )

    def _take(self, statistics: StatisticsView) -> None:
        self._statistics = statistics
        # Which draws what else shows them: the plate may be coloured by scores. Of a
        # metric that is chosen again they are the same, and nothing has changed there.
        self._on_computed(statistics)
        self._redraw()

    def _fail(self, error: BaseException) -> None:
        self._statistics = None
        self._problem = failure(error, "The statistics could not be computed")
        self._redraw()

    def _show(self, now: Snapshot) -> None:
        if now.overview is None:
            self.component.put({"shown": False})
            return
        statistics = self._statistics
        running = now.progress is not None and now.progress.running
        self.component.put(
            {
                "shown": True,
                "plate": now.state.plate,
                "problem": self._problem,
                "hint": ""
                if now.values is not None and is_measured(now.state.metric)
                else "No measured metric is chosen, so there are no statistics.",
                "running": running,
                "barred": self.barred(),
                "refused": self._writes.content(),
                "roles": roles_content(now.roles),
                "found": None if statistics is None else content(statistics),
            }
        )

    def _keep_roles(self, message: Message) -> None:
        now = self._now
        if now is None or now.overview is None:
            return
        mapping = None if message.get("proposal") else mapping_of(message, now.roles)
        projects = self._session.service.projects
        self._writes.make_at(message, lambda key: projects.keep_roles(key, mapping))

    def _keep_assay(self, message: Message) -> None:
        now = self._now
        if now is None:
            return
        metric = text_of(message, "metric", 200)
        if not metric or any(known_metric.id == metric for known_metric in now.metrics):
            quality = self._session.service.quality
            self._writes.make_at(
                message, lambda key: quality.keep_assay_metric(key, metric or None)
            )

    def _redraw(self) -> None:
        # Nothing is asked again: what was written comes with the next snapshot.
        if self._now is not None:
            self._show(self._now)


def _inputs(now: Snapshot) -> tuple[object, ...]:
    values = now.values
    numbers = (
        ()
        if values is None
        else tuple(well_value.value for well_value in values.wells.values())
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
        chosen = text_of(message, name, 300)
        return chosen if chosen in roles.columns else None

    sent = message.get("values")
    dose = column("dose")
    unit = roles.mapping.unit if dose == roles.mapping.dose else None
    if unit is None and dose is not None and (match := _UNIT.search(dose)):
        unit = match.group()
    return RoleMapping(
        role=column("role"),
        values={
            str(value)[:300]: role
            for value, role in (sent if isinstance(sent, dict) else {}).items()
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
            {"name": choice.name, "values": [list(value) for value in choice.values]}
            for choice in roles.choices
        ],
        "all": list(ROLES),
        "role": mapping.role,
        "values": dict(mapping.values),
        "compound": mapping.compound,
        "dose": mapping.dose,
        "kept": roles.chosen,
        "counts": roles.counts,
    }


def content(statistics: StatisticsView) -> dict[str, Any]:
    """Return the statistics as the page draws them."""
    return {
        "metric": statistics.metric.id,
        "title": plain_text(statistics.metric.title, 80),
        "unit": plain_text(statistics.metric.unit, 20),
        "wells": statistics.wells,
        "exploratory": statistics.exploratory,
        "assay": statistics.assay_metric,
        "missing": plain_text(statistics.missing, 300),
        "place": where_to_set(statistics.metric.id) if statistics.missing else "",
        "controls": [_line(line) for line in statistics.controls],
        "left_out": [list(entry) for entry in statistics.left_out],
        "positions": _positions(statistics.positions),
        "assumed": statistics.assumed,
        "doses": [
            [plain_text(point.compound, 60), point.dose, point.n, point.mean, point.sd]
            for point in statistics.doses[:_MOST_DOSES]
        ],
        "dose_unit": plain_text(statistics.dose_unit, 20),
        "b_note": ""
        if statistics.b_note == statistics.positions.refusal
        else plain_text(statistics.b_note),
    }


def _line(line: StatisticLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "title": line.title,
        "meaning": line.meaning,
        "value": line.value,
        "kept": line.counted,
        "n": line.n,
        "note": line.note,
        "percent": line.percent,
    }


def _positions(positions: PositionsView) -> dict[str, Any]:
    return {
        "basis": positions.basis,
        "n": positions.n,
        "refusal": positions.refusal,
        "effects": [
            [effect.title, effect.text, effect.meaning, effect.material]
            for effect in positions.effects
        ],
        "offered": None if positions.offered is None else _positions(positions.offered),
    }
