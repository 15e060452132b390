"""Plots beside the plate: distribution, two metrics, rows and columns, doses."""

from __future__ import annotations

import math
import time
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.quality.missing_values import where_to_set, why_none
from dashboard.quality.scores import SUSPICION, is_measured
from dashboard.text import plain_text
from dashboard.theme import DARK, LIGHT
from dashboard.views.failure import failure
from dashboard.views.island import Island, Message, Part, as_json, text_of
from dashboard.views.plotting import (
    OTHER_PLATE,
    Drawing,
    PlotChoice,
    cuts_of,
    drawing,
)
from dashboard.views.snapshot import OF_A_WELL
from dashboard.views.writes import GuardedWrites

if TYPE_CHECKING:
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot

_LEAST_SECONDS = 3.0
"""While the plate is being measured, the plot follows no faster than this."""

TABS = (
    ("histogram", "Histogram"),
    ("scatter", "Scatter"),
    ("profile", "Profile"),
    ("doses", "Doses"),
)


class PlotsIsland(Island):
    """See ``assets/panels/plots.js``."""

    module = "panels/plots.js"

    names = ("content", "figure")
    """`figure`: the figure, and which one it is."""


class DistributionPart(Part):
    """One plot at a time, made after the first paint, in a thread.

    HoloViews takes its time to import; until the page has named its theme there is
    nothing but the heads of the tabs. A figure is sent as text and is the browser's
    from then on; a newer one takes its place there.
    """

    ignores = Part.ignores | OF_A_WELL

    def __init__(self, session: Session) -> None:
        super().__init__(session, PlotsIsland())
        self._writes = GuardedWrites(session, self._draw_anew)
        self._choice = PlotChoice()
        self._drawn_inputs: tuple[Any, ...] = ()
        self._began = 0.0
        self._drawing: Drawing | None = None
        self._serial = 0
        self._failure = ""
        self._chosen: tuple[int, list[str]] = (0, [])
        for kind in ("tab", "other", "fields", "along"):
            self.component.on(kind, self._choose, asks=Act.LOOK)
        self.component.on("again", lambda _: self._draw_anew(), asks=Act.LOOK)
        self.component.on("cut", self._keep_cut, asks=Act.CUT_OFFS)
        self.component.on("box", self._choose_box, asks=Act.LOOK)

    def refuse(self, message: Message, reason: str) -> None:
        """Say why nothing was kept, where it was asked."""
        del message
        self._writes.refuse(reason)

    def draw(self, now: Snapshot) -> None:
        """Follow the metric, its values, the theme and the chosen well."""
        self._now = now
        self._follow(now)
        self._show_heads()

    def _follow(self, now: Snapshot) -> None:
        """Begin a new figure where another one is to be shown."""
        if not self._awake:  # once the page is on the screen there is time for a plot
            return
        inputs = self._inputs(now)
        if inputs == self._drawn_inputs:
            return
        running = now.progress is not None and now.progress.running
        recent = time.monotonic() - self._began < _LEAST_SECONDS
        same = bool(self._drawn_inputs) and inputs[0] == self._drawn_inputs[0]
        if running and recent and same:
            return
        self._drawn_inputs, self._began = inputs, time.monotonic()
        self._serial += 1
        if now.values is None or not is_plotted(now):
            self._take(None)
            return
        service, choice = self._session.service, self._choice
        palette = DARK if now.dark else LIGHT
        self._session.run(
            lambda: drawing(service, now, choice, palette),
            self._take,
            failed=self._fail,
            of=lambda: self._drawn_inputs,
        )

    def _inputs(self, now: Snapshot) -> tuple[Any, ...]:
        """Return what decides the picture; what only comes with values stands last."""
        values = now.values
        return (
            (now.state.plate, now.state.metric, self._choice, now.dark),
            () if values is None else tuple(w.value for w in values.wells.values()),
            (now.state.way, now.state.score),
            now.judgement.cuts.get(now.state.metric),
            now.statistics if self._choice.tab == "doses" or now.state.score else None,
            now.progress.done if now.progress and self._choice.tab == "scatter" else 0,
        )

    def _take(self, plot: Drawing | None) -> None:
        self._drawing, self._failure = plot, ""
        self._show_figure()

    def _fail(self, error: BaseException) -> None:
        reason = failure(error, "this is an error of the program", limit=600)
        self._drawing, self._failure = None, f"This plot could not be drawn: {reason}"
        self._show_figure()

    def _show_figure(self) -> None:
        plot = self._drawing
        # Tells figures apart that look the same, and one that is still on its way.
        item = "null" if plot is None else plot.text
        plate, metric = self._drawn_inputs[0][:2] if self._drawn_inputs else ("", "")
        of = as_json({"serial": self._serial, "plate": plate, "metric": metric})
        self.component.put_text(f'{of[:-1]},"item":{item}}}', "figure")
        self._show_heads()

    # --- heads and controls -----------------------------------------------------------

    def _show_heads(self) -> None:
        now = self._now
        if now is None or now.overview is None:
            self.component.put({"shown": False})
            return
        metric = now.state.metric
        info = None if now.values is None else now.values.metric
        low, high = cuts_of(now)
        doses = now.statistics is not None and len(now.statistics.doses) > 1
        plot = self._drawing
        self.component.put(
            {
                "shown": True,
                "plate": now.state.plate,
                "serial": self._serial,
                "tab": self._choice.tab,
                "tabs": [[id, title] for id, title in TABS if id != "doses" or doses],
                "plotted": is_plotted(now),
                "empty": _why_empty(now),
                "place": _where_to_go(now),
                "title": "" if info is None else plain_text(info.title, 80),
                "unit": "" if info is None else plain_text(info.unit, 20),
                "metric": metric,
                "rule": metric in now.judgement.cuts and not now.state.score,
                "low": low,
                "high": high,
                "side": "both" if info is None else info.direction,
                "kept": bool(self._has_own_cut(now)),
                "refused": self._writes.content(),
                "barred": self.barred(),
                "others": _other_suspects(now),
                "ready": now.judgement.ready,
                "way": now.state.way,
                "other": self._choice.vertical,
                "choices": _choices(now),
                "fields": self._choice.fields,
                "along": self._choice.along,
                "note": "" if plot is None else plot.note,
                "failure": self._failure,
                "chosen": list(self._chosen),
            }
        )

    def _has_own_cut(self, now: Snapshot) -> bool:
        return now.state.metric in now.judgement.own_cuts

    def _choose(self, message: Message) -> None:
        kind, now = str(message.get("type")), self._now
        choice = self._choice
        if kind == "tab" and text_of(message, "tab") in {id for id, _ in TABS}:
            choice = replace(choice, tab=text_of(message, "tab"))
        elif kind == "other" and now is not None:
            axis = text_of(message, "other", 600)
            offered = {id for id, _, _ in _choices(now)}
            choice = replace(choice, vertical=axis if axis in offered else "")
        elif kind == "fields":
            choice = replace(choice, fields=message.get("fields") is True)
        elif kind == "along":
            along = "row" if message.get("along") == "row" else "column"
            choice = replace(choice, along=along)
        self._choice = choice
        if now is not None:
            self.draw(now)

    def _keep_cut(self, message: Message) -> None:
        now = self._now
        if now is None:
            return
        metric = text_of(message, "metric", 200)
        if metric not in now.judgement.cuts:
            return
        low, high = (_number(message.get(name)) for name in ("low", "high"))
        cut = None if message.get("back") else (low, high)
        choices = self._session.service.assay
        self._writes.make_at(message, lambda key: choices.keep_cut(key, metric, cut))

    def _draw_anew(self) -> None:
        """Draw what is drawn already: it failed, or was dragged to what is not kept."""
        self._drawn_inputs = ()
        self._redraw()

    def _choose_box(self, message: Message) -> None:
        """A part of a drawn density was chosen: find the wells that are in it."""
        plot = self._drawing
        if text_of(message, "plate") != self._session.state.plate:
            return
        ends = [_number(message.get(name)) for name in ("x0", "x1", "y0", "y1")]
        if plot is None or any(end is None for end in ends):
            return
        x0, x1, y0, y1 = (end or 0.0 for end in ends)
        inside = [
            label for x, y, label in plot.points if x0 <= x <= x1 and y0 <= y <= y1
        ]
        self._chosen = (self._chosen[0] + 1, list(dict.fromkeys(inside)))
        self._show_heads()


def is_plotted(now: Snapshot) -> bool:
    """Return whether there is something to plot."""
    values = now.values
    if values is None or not any(w.value is not None for w in values.wells.values()):
        return False
    return is_measured(now.state.metric) or now.state.metric == SUSPICION


def _why_empty(now: Snapshot) -> str:
    if is_plotted(now):
        return ""
    if now.values is None or not is_measured(now.state.metric):
        return "No measured metric is chosen, so there is no distribution."
    return f"No well has a value: {plain_text(why_none(now.values), 300)}."


def _where_to_go(now: Snapshot) -> str:
    """Return what has to be set or chosen before there is a plot, "" where there is."""
    if is_plotted(now):
        return ""
    measured = now.values is not None and is_measured(now.state.metric)
    return where_to_set(now.state.metric) if measured else "metric"


def _other_suspects(now: Snapshot) -> list[str]:
    """Return the wells that are suspect for another reason than this metric."""
    return [
        suspect.well
        for suspect in now.judgement.suspects
        if any(reason.metric != now.state.metric for reason in suspect.reasons)
    ]


def _choices(now: Snapshot) -> list[list[str]]:
    """Return what the vertical axis may show: other metrics, and other plates."""
    entries = [
        [metric.id, plain_text(metric.title, 80), "Metric"]
        for metric in now.metrics
        if is_measured(metric.id) and metric.id != now.state.metric
    ]
    entries += [
        [
            f"{OTHER_PLATE}{plate.key}",
            plain_text(plate.name or plate.key, 80),
            "Same metric on",
        ]
        for plate in now.plates
        if plate.key != now.state.plate and plate.error is None
    ][:200]
    return entries


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number and math.isfinite(value) else None
