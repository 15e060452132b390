"""The distribution of the chosen metric over the wells of the plate."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import panel as pn

from dashboard.text import plain_text
from dashboard.theme import DARK, LIGHT

if TYPE_CHECKING:
    from dashboard.plates.values import MetricValues
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_LEAST_SECONDS = 3.0
"""While the plate is being measured, the plot follows no faster than this."""


class Distribution:
    """A histogram with the chosen well marked.

    It is made after the first paint, in a thread, because HoloViews takes its time to
    import; until the page has told its theme there is nothing.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self.component = pn.pane.Bokeh(
            None, sizing_mode="stretch_width", height=160, margin=0
        )
        self._drawn: tuple[object, ...] = ()
        self._began = 0.0
        self._mark: Any = None
        self._now: Snapshot | None = None
        self._ready = False

    def wake(self) -> None:
        """The page is on the screen; now there is time for a plot."""
        self._ready = True

    def draw(self, now: Snapshot) -> None:
        """Follow the metric, its values, the theme and the chosen well."""
        self._now = now
        if not self._ready:
            return
        wanted = (
            now.values.metric if now.values else None,
            _numbers(now.values),
            now.dark,
        )
        if wanted == self._drawn:
            self._place_mark()
            return
        running = now.progress is not None and now.progress.running
        recent = time.monotonic() - self._began < _LEAST_SECONDS
        same_metric = bool(self._drawn) and wanted[::2] == self._drawn[::2]
        if running and recent and same_metric:
            self._place_mark()
            return
        self._drawn, self._began = wanted, time.monotonic()
        if now.values is None or not wanted[1]:
            self.component.object = self._mark = None
            return
        values, dark = now.values, now.dark
        self._session.run(
            lambda: _figure(values, dark=dark), self._show, of=lambda: self._drawn
        )

    def _show(self, made: tuple[Any, Any]) -> None:
        drawn, self._mark = made
        self._place_mark()
        self.component.object = drawn

    def _place_mark(self) -> None:
        if self._mark is None or self._now is None or self._now.values is None:
            return
        one = self._now.values.wells.get(self._now.state.well)
        known = one is not None and one.value is not None
        self._mark.visible = known
        if known and one is not None:
            self._mark.location = one.value


def _numbers(values: MetricValues | None) -> tuple[float, ...]:
    if values is None:
        return ()
    return tuple(one.value for one in values.wells.values() if one.value is not None)


def _figure(values: MetricValues, *, dark: bool) -> tuple[Any, Any]:
    """Return the figure and its mark; runs in a thread, before any page has them."""
    from bokeh.models.annotations import Span

    from dashboard import plots

    palette = DARK if dark else LIGHT
    element = plots.distribution(
        _numbers(values),
        title=plain_text(values.metric.title, 80),
        unit=plain_text(values.metric.unit, 20),
        palette=palette,
    )
    drawn = plots.figure(element)
    mark = Span(
        dimension="height", line_color=palette.accent, line_width=2, visible=False
    )
    drawn.add_layout(mark)
    return drawn, mark
