"""The plate map: every well with its state and the value of the chosen metric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.colour_scales import ends
from dashboard.plates.plate_text import plate_content
from dashboard.quality.scores import is_measured
from dashboard.quality.wells import known_way
from dashboard.state import MONTAGES, SCORES, WELLS
from dashboard.text import plain_text
from dashboard.views import conditions
from dashboard.views.island import Island, Message, Part, as_json, short, text_of
from dashboard.views.metric_choices import channel_choices, metric_choices

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import PlateOverview
    from dashboard.projects.roles import RolesView
    from dashboard.quality.statistics import StatisticsView
    from dashboard.quality.values import MetricInfo, MetricValues
    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.snapshot import Snapshot


class PlateMapIsland(Island):
    """See ``assets/plate/map.js``.

    The plate itself, the values and the selection travel apart, because they change at
    different times and differ in size.
    """

    names = ("content", "plate", "choices", "values", "look")

    module = "plate/map.js"


_VIEWS = {
    "values": "Values",
    "pictures": "Pictures",
    "random": "Random",
    "controls": "Controls",
}
"""What the wells of a plate show, and what that is called."""

_Limits = tuple[tuple[object, ...], tuple[float, float] | None]
"""What limits were asked for, and what they are."""


class PlateMapPart(Part):
    """Shows the plate; a click on it moves the page."""

    def __init__(
        self,
        session: Session,
        *,
        on_open: Callable[[], object],
        on_switch: Callable[[], object],
    ) -> None:
        super().__init__(session, PlateMapIsland())
        self._plate_inputs: tuple[object, ...] = ()
        self._value_inputs: tuple[object, ...] = ()
        self._project: _Limits = ((), None)
        self.component.on("select", self._select, asks=Act.LOOK)
        self.component.on("open", lambda _: on_open(), asks=Act.LOOK)
        self.component.on("switch", lambda _: on_switch(), asks=Act.LOOK)
        self.component.on("metric", self._metric, asks=Act.LOOK)
        self.component.on("score", self._score, asks=Act.LOOK)
        self.component.on("way", self._way, asks=Act.LOOK)
        self.component.on("view", self._view, asks=Act.LOOK)
        self.component.on("limits", self._limits, asks=Act.LOOK)
        self.component.on("chosen", self._choose, asks=Act.LOOK)

    def _choose(self, message: Message) -> None:
        sent = message.get("wells")
        overview = self._now.overview if self._now else None
        if overview is None or not isinstance(sent, list):
            return
        labels = {label for label in sent if isinstance(label, str)}
        self._session.state.chosen = tuple(
            well.label for well in overview.wells if well.label in labels
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
            any(known_metric.id == metric for known_metric in now.metrics)
            or conditions.is_column(metric, now.overview)
        ):
            self._session.state.update(metric=metric)

    def _score(self, message: Message) -> None:
        score = text_of(message, "score", 10)
        if score in SCORES:
            self._session.state.update(score=score)

    def _way(self, message: Message) -> None:
        way = text_of(message, "way", 300)
        if known_way(way):
            self._session.state.update(way=way)

    def _view(self, message: Message) -> None:
        """Show the plate as somebody wants it, or as they wanted it last."""
        view = text_of(message, "view", 20)
        if view not in _VIEWS:
            return
        wells = view if view in WELLS else ""
        if message.get("last") is True:
            self._session.state.update(wells=wells)
            return
        montage = view if view in MONTAGES else ""
        if montage:
            wells = self._session.state.wells
        self._session.state.update(
            wells=wells, montage=montage, well="", field="", look=""
        )

    def _limits(self, _: Message) -> None:
        """Find the limits that the project's plates have in common."""
        inputs = _limits_of(self._session.state.view())
        trends = self._session.service.plate_trends
        self._session.run(
            lambda: trends.limits(*inputs),
            lambda limits: self._take_limits(inputs, limits),
            of=lambda: _limits_of(self._session.state.view()),
        )

    def _take_limits(
        self, inputs: tuple[object, ...], limits: tuple[float, float] | None
    ) -> None:
        values = self._now.values if self._now else None
        if limits is not None and values is not None:
            limits = ends(values.metric.scale, *limits, right=values.metric.right)
        self._project = (inputs, limits)
        self._value_inputs = ()
        self._redraw()

    def _project_limits(self, now: Snapshot) -> tuple[float, ...] | None:
        """Return common limits, empty where there are none, None before it is known."""
        if now.values is not None and now.values.metric.notable is not None:
            low, high = now.values.low, now.values.high  # the same on all plates
            return None if low is None or high is None else (low, high)
        inputs, limits = self._project
        return limits or () if inputs == _limits_of(now.state) else None

    def draw(self, now: Snapshot) -> None:
        """Show plate, values and selection, as far as they have changed."""
        self._now = now
        if now.overview is None:
            return
        # Identity is enough: the service hands out the same value until it changes.
        shared, put = self._session.service.shared, self.component.put_text
        overview, state = now.overview, now.state
        plate_inputs = (overview, now.roles)
        if not _same(plate_inputs, self._plate_inputs):
            self._plate_inputs = plate_inputs
            put(shared.of(_plate_text, *plate_inputs), "plate")
        value_inputs = (
            overview,
            now.values,
            now.metrics,
            state.score,
            state.metric,
            now.statistics if state.score else None,
        )
        if not _same(value_inputs, self._value_inputs):
            self._value_inputs = value_inputs
            put(shared.of(_choices_text, overview, now.metrics), "choices")
            text = shared.of(
                _values_text,
                overview,
                now.values,
                now.statistics if state.score else None,
                now.field_names,
                state.metric,
                state.score,
                state.way,
                state.acquisition,
                self._project_limits(now),
            )
            put(text, "values")
        self._show_look()

    def _show_look(self) -> None:
        state = self._session.state
        content = {
            "well": state.well,
            "view": state.montage or state.wells or "values",
            "views": self._views(),
            "ack": self.component.last_message,
        }
        self.component.put(content, "look")

    def _views(self) -> list[tuple[str, str]]:
        """Return how this plate may be shown, and what that is called."""
        roles = self._now.roles if self._now else None
        letters = {roles.letter(label) for label in roles.wells} if roles else set()
        controls = bool(letters & {"N", "P", "U"})
        return [
            (view, title)
            for view, title in _VIEWS.items()
            if view != "controls" or controls
        ]


def _limits_of(state: ViewState) -> tuple[str, str, int | None, str]:
    """Return what common limits depend on; the well that is looked at is none of it."""
    return state.plate, state.metric, state.acquisition, state.way


def _same(new: tuple[object, ...], old: tuple[object, ...]) -> bool:
    return len(new) == len(old) and all(a is b for a, b in zip(new, old, strict=True))


def values_content(
    values: MetricValues | None, overview: PlateOverview
) -> dict[str, Any] | None:
    """Return a metric's values in the order of the grid, None without a metric."""
    if values is None:
        return None
    well_values = [values.wells.get(well.label) for well in overview.wells]
    return {
        "metric": values.metric.id,
        "title": plain_text(values.metric.title, 80),
        "unit": plain_text(values.metric.unit, 20),
        "definition": plain_text(values.metric.definition),
        "values": [
            short(well_value.value) if well_value else None
            for well_value in well_values
        ],
        "reasons": {
            str(at): plain_text(well_value.reason, 200)
            for at, well_value in enumerate(well_values)
            if well_value
            and well_value.reason
            and (well_value.value is None or well_value.value)
        },
        "from": {
            str(at): plain_text(well_value.field, 40)
            for at, well_value in enumerate(well_values)
            if well_value and well_value.field and well_value.of != 1
        },
        "counted": {
            str(at): [well_value.n, well_value.of]
            for at, well_value in enumerate(well_values)
            if well_value
            and well_value.n is not None
            and well_value.of is not None
            and well_value.n < well_value.of
        },
        "log": values.metric.log,
        "low": values.low,
        "high": values.high,
        "scale": values.metric.scale,
        "right": values.metric.right,
        "notable": values.metric.notable,
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
"""Scores up to here are usual, and beyond it they stand out; a plate of noise must not
be drawn in full colours."""


_MOST_RANGE = 6.0
"""One far well must not make all others look alike; what is beyond is marked."""


def scored_content(
    overview: PlateOverview,
    values: MetricValues | None,
    statistics: StatisticsView | None,
    metric: str,
    score: str,
) -> dict[str, Any] | None:
    """Return the values as they are, or as scores where that was asked for."""
    if conditions.is_column(metric, overview):
        return conditions.content(metric, overview)
    content = values_content(values, overview)
    title = _SCORE_TITLES.get(score)
    if content is None or title is None or values is None:
        return content
    if not is_measured(values.metric.id):
        return content
    scores: dict[str, float] = {}
    why = "being computed"
    if statistics is not None and statistics.metric.id == values.metric.id:
        scores = statistics.robust_z if score == "z" else statistics.b_score
        why = (statistics.b_note if score == "b" else "") or "no score"
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
            for at, number in enumerate(numbers)
            if number is None and overview.wells[at].state == "present"
        },
        "low": None if reach is None else -reach,
        "high": reach,
        "project": [-_MOST_RANGE, _MOST_RANGE],
        "scale": "diverging",
        "notable": _LEAST_RANGE,
    }


def _plate_text(overview: PlateOverview, roles: RolesView) -> str:
    return as_json(plate_content(overview, roles.letter))


def _choices_text(overview: PlateOverview, metrics: tuple[MetricInfo, ...]) -> str:
    return as_json(
        {
            "metrics": metric_choices(metrics, conditions.choices(overview)),
            "channels": channel_choices(overview),
        }
    )


def _values_text(
    overview: PlateOverview,
    values: MetricValues | None,
    statistics: StatisticsView | None,
    field_names: tuple[str, ...],
    metric: str,
    score: str,
    way: str,
    acquisition: int | None,
    limits: tuple[float, ...] | None,
) -> str:
    """Return what colours the plate; `limits` are the project's, where they are known.

    Statistics are of scores only.
    """
    return as_json(
        {
            "metric": metric,
            "score": score,
            "way": way,
            "acquisition": acquisition,
            "ways": conditions.ways(values, metric, field_names),
            "values": conditions.limited(
                scored_content(overview, values, statistics, metric, score), limits
            ),
        }
    )
