"""The plate map: every well with its state and the value of the chosen metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import param

from dashboard.quality.scores import is_measured
from dashboard.quality.wells import known_way
from dashboard.state import SCORES
from dashboard.text import plain_text
from dashboard.views import conditions
from dashboard.views.island import Island, Message, index_of, short, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview, WellState
    from dashboard.projects.roles import RolesView
    from dashboard.quality.values import MetricInfo, MetricValues
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

STATES = {"present": 0, "missing": 1, "unreadable": 2, "not_acquired": 3, "pending": 4}


class PlateMapIsland(Island):
    """See ``assets/plate/map.js``.

    The plate itself, the values and the selection travel apart, because they change at
    different times and differ in size.
    """

    plate = param.String(default="")
    choices = param.String(default="")
    values = param.String(default="")
    look = param.String(default="")

    module = "plate/map.js"


_Limits = tuple[tuple[object, ...], tuple[float, float] | None]
"""What limits were asked for, and what they are."""


class PlateMap:
    """Shows the plate; a click on it moves the page."""

    def __init__(self, session: Session, *, on_open: Callable[[], object]) -> None:
        self._session = session
        self.component = PlateMapIsland()
        self._drawn: tuple[object, ...] = ()
        self._valued: tuple[object, ...] = ()
        self._now: Snapshot | None = None
        self._project: tuple[tuple[object, ...], tuple[float, float] | None] = (
            (),
            None,
        )
        self.component.on("select", self._select)
        self.component.on("open", lambda _: on_open())
        self.component.on("metric", self._metric)
        self.component.on("acquisition", self._acquisition)
        self.component.on("score", self._score)
        self.component.on("way", self._way)
        self.component.on("limits", self._limits)
        self.component.on("chosen", self._choose)

    def _choose(self, message: Message) -> None:
        sent = message.get("wells")
        overview = self._now.overview if self._now else None
        if overview is None or not isinstance(sent, list):
            return
        asked = {one for one in sent if isinstance(one, str)}
        self._session.state.chosen = tuple(
            well.label for well in overview.wells if well.label in asked
        )

    def _select(self, message: Message) -> None:
        label = text_of(message, "well", 20)
        overview = self._now.overview if self._now else None
        if overview is None or overview.well(label) is None:
            return
        if label == self._session.state.well:
            self._show_look()
        else:
            self._session.state.update(well=label, field="")

    def _metric(self, message: Message) -> None:
        metric = text_of(message, "metric", 200)
        now = self._now
        if now and (
            any(one.id == metric for one in now.metrics)
            or conditions.is_column(metric, now.overview)
        ):
            self._session.state.update(metric=metric)

    def _score(self, message: Message) -> None:
        asked = text_of(message, "score", 10)
        if asked in SCORES:
            self._session.state.update(score=asked)

    def _way(self, message: Message) -> None:
        asked = text_of(message, "way", 300)
        if known_way(asked):
            self._session.state.update(way=asked)

    def _limits(self, _: Message) -> None:
        """Find the limits that the project's plates have in common."""
        state = self._session.state.view()
        asked = (state.plate, state.metric, state.acquisition, state.way)
        choices = self._session.service.assay
        self._session.run(
            lambda: choices.project_limits(*asked),
            lambda found: self._take_limits(asked, found),
            of=self._session.state.view,
        )

    def _take_limits(
        self, asked: tuple[object, ...], found: tuple[float, float] | None
    ) -> None:
        self._project = (asked, found)
        if self._now is not None:
            self._valued = ()
            self.draw(self._now)

    def _project_limits(self, now: Snapshot) -> tuple[float, ...] | None:
        """Return common limits, empty where there are none, None before it is known."""
        state = now.state
        asked = (state.plate, state.metric, state.acquisition, state.way)
        return self._project[1] or () if self._project[0] == asked else None

    def _acquisition(self, message: Message) -> None:
        asked = index_of(message, "acquisition")
        known = (
            self._now.overview.acquisitions if self._now and self._now.overview else ()
        )
        if asked is None or any(one.id == asked for one in known):
            self._session.state.update(acquisition=asked, field="")

    def draw(self, now: Snapshot) -> None:
        """Show plate, values and selection, as far as they have changed."""
        self._now = now
        if now.overview is None:
            return
        # Identity is enough: the service hands out the same value until it changes.
        drawn = (now.overview, now.roles)
        if not _same(drawn, self._drawn):
            self._drawn = drawn
            self.component.put(plate_content(now.overview, now.roles), "plate")
        score = now.state.score
        valued = (
            now.overview,
            now.values,
            now.metrics,
            score,
            now.state.metric,
            now.statistics if score else None,
        )
        if not _same(valued, self._valued):
            self._valued = valued
            choices = {
                "metrics": [
                    *metric_choices(now.metrics, now.overview),
                    *conditions.choices(now.overview),
                ]
            }
            self.component.put(choices, "choices")
            content = {
                "metric": now.state.metric,
                "score": score,
                "way": now.state.way,
                "ways": conditions.ways(now),
                "values": conditions.limited(
                    scored_content(now, now.overview), self._project_limits(now)
                ),
            }
            self.component.put(content, "values")
        self._show_look()

    def _show_look(self) -> None:
        state = self._session.state
        content = {
            "well": state.well,
            "acquisition": state.acquisition,
            "ack": self.component.seen,
        }
        self.component.put(content, "look")


def _same(one: tuple[object, ...], other: tuple[object, ...]) -> bool:
    return len(one) == len(other) and all(
        a is b for a, b in zip(one, other, strict=True)
    )


def plate_content(overview: PlateOverview, roles: RolesView) -> dict[str, Any]:
    """Return the plate as columns of values, one entry a position of the grid."""
    wells = overview.wells
    return {
        "key": overview.key,
        "name": plain_text(overview.name, 80) or overview.key,
        "rows": _heads(wells, len(overview.columns), rows=True),
        "columns": _heads(wells, len(overview.columns), rows=False),
        "labels": [well.label for well in wells],
        "states": [STATES[well.state] for well in wells],
        "fields": [well.n_fields for well in wells],
        "expected": [well.expected_fields for well in wells],
        "errors": {
            str(at): plain_text(well.error)
            for at, well in enumerate(wells)
            if well.error
        },
        "conditions": [
            [
                (plain_text(name, 60), plain_text(text, 120))
                for name, text in well.conditions
            ]
            for well in wells
        ],
        "corrected": [at for at, well in enumerate(wells) if well.corrected],
        "roles": {
            str(at): role
            for at, well in enumerate(wells)
            if (role := roles.letter(well.label))
        },
        "acquisitions": [
            {"id": one.id, "name": plain_text(one.name, 60)}
            for one in overview.acquisitions
        ],
        "banner": plain_text(overview.banner),
    }


def _heads(wells: tuple[WellState, ...], columns: int, *, rows: bool) -> list[str]:
    """Return the letters of rows or the numbers of columns, as labels spell them."""
    picked = wells[::columns] if rows else wells[:columns]
    wanted = str.isalpha if rows else str.isdigit
    texts = ["".join(filter(wanted, well.label)) for well in picked]
    return texts if rows else [text.lstrip("0") or text for text in texts]


def metric_choices(
    metrics: tuple[MetricInfo, ...], overview: PlateOverview
) -> list[dict[str, str]]:
    """Return the metrics in groups: those of the whole well, then a group a channel."""
    names = {channel.index: channel.name for channel in overview.channels}
    return [
        {
            "id": metric.id,
            "title": plain_text(metric.title, 80),
            "about": plain_text(metric.definition, 400),
            "group": ("Imported" if metric.kind == "imported" else "")
            if metric.channel is None
            else plain_text(names.get(metric.channel, f"channel {metric.channel}"), 60),
        }
        for metric in metrics
    ]


def values_content(
    values: MetricValues | None, overview: PlateOverview
) -> dict[str, Any] | None:
    """Return a metric's values in the order of the grid, None without a metric."""
    if values is None:
        return None
    found = [values.wells.get(well.label) for well in overview.wells]
    return {
        "metric": values.metric.id,
        "title": plain_text(values.metric.title, 80),
        "unit": plain_text(values.metric.unit, 20),
        "definition": plain_text(values.metric.definition),
        "values": [short(one.value) if one else None for one in found],
        "reasons": {
            str(at): plain_text(one.reason, 200)
            for at, one in enumerate(found)
            if one and one.reason and (one.value is None or one.value)
        },
        "from": {
            str(at): plain_text(one.field, 40)
            for at, one in enumerate(found)
            if one and one.field and one.of != 1
        },
        "rests": {
            str(at): [one.n, one.of]
            for at, one in enumerate(found)
            if one and one.n is not None and one.of is not None and one.n < one.of
        },
        "log": values.metric.log,
        "low": values.low,
        "high": values.high,
    }


_SCORE_TITLES = {
    "z": (
        "robust z",
        "How many MADs a well is from the median of the samples; 3 and more stands "
        "out. Where most samples respond, the median is no zero.",
    ),
    "b": (
        "B-score",
        "What is left of a well after row and column effects, in MADs of what is left "
        "everywhere; samples decide the effects.",
    ),
}

_LEAST_RANGE = 3.0
"""Scores up to here are usual; a plate of noise must not be drawn in full colours."""


_MOST_RANGE = 6.0
"""One far well must not make all others look alike; what is beyond is marked."""


def scored_content(now: Snapshot, overview: PlateOverview) -> dict[str, Any] | None:
    """Return the values as they are, or as scores where that was asked for."""
    if conditions.is_column(now.state.metric, overview):
        return conditions.content(now.state.metric, overview)
    content = values_content(now.values, overview)
    title = _SCORE_TITLES.get(now.state.score)
    if content is None or title is None or now.values is None:
        return content
    if not is_measured(now.values.metric.id):
        return content
    found = now.statistics
    known = found is not None and found.metric.id == now.values.metric.id
    scores: dict[str, float] = {}
    why = "being computed"
    if found is not None and known:
        scores = found.robust_z if now.state.score == "z" else found.b_score
        why = (found.b_note if now.state.score == "b" else "") or "no score"
    sizes = sorted(map(abs, scores.values()))
    usual = sizes[int(0.98 * (len(sizes) - 1))] if sizes else None
    reach = None if usual is None else min(_MOST_RANGE, max(_LEAST_RANGE, usual))
    numbers = [short(scores.get(well.label)) for well in overview.wells]
    return {
        **content,
        "title": f"{content['title']}: {title[0]}",
        "unit": "",
        "definition": title[1] if scores else plain_text(why),
        "values": numbers,
        "from": {},
        "reasons": {
            str(at): plain_text(why, 200)
            for at, one in enumerate(numbers)
            if one is None and overview.wells[at].state == "present"
        },
        "low": None if reach is None else -reach,
        "high": reach,
        "diverging": True,
    }
