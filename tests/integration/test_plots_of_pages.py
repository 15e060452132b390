"""Every page gets its plot, whatever other pages do and however they end."""

from __future__ import annotations

import asyncio
import json
import re
from typing import TYPE_CHECKING, Any

import bokeh.io.doc
import pytest
from bokeh.core.property.descriptors import UnsetValueError
from bokeh.core.serialization import Serializable, UnknownReferenceError
from bokeh.document.events import MessageSentEvent, ModelChangedEvent
from bokeh.models import Span
from bokeh.protocol import Protocol
from bokeh.server.connection import ServerConnection
from bokeh.server.session import ServerSession
from panel.models.esm import DataEvent, ReactiveESM

from dashboard import plots
from dashboard.app import ServerSettings
from dashboard.shared import Shared
from dashboard.views import plotting
from tests import plates
from tests.integration.serving import Served, service, surveyed, wait_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bokeh.core.serialization import Serializer
    from bokeh.model import Model

KEY = "p.ome.zarr"
METRICS = ("mean.0", "mean.1", "p99.0", "p99.1")


class Known(Serializable):
    """A model by its id alone, as browsers send what the server knows."""

    def __init__(self, model: Model) -> None:
        self._id = model.id

    def to_serializable(self, serializer: Serializer) -> dict[str, Any]:
        return {"id": self._id}


class Visitor:
    """A page as its browser has it, without one."""

    def __init__(self, served: Served, metric: str = METRICS[0]) -> None:
        self._served = served
        before = set(served.server.get_sessions("/"))
        assert served.get(f"/?plate={KEY}&metric={metric}").status == 200
        (self._session,) = set(served.server.get_sessions("/")) - before
        models = self._session.document.models
        self._wire = next(model for model in models if isinstance(model, ReactiveESM))
        self.say("header", type="theme", dark=False)

    def say(self, part: str, **message: Any) -> None:
        """Send what a part of the page sends."""
        event = DataEvent(self._wire)
        event.model = Known(self._wire)
        event.data = {"part": part, "message": message}
        self._change(MessageSentEvent(self._session.document, "bokeh_event", event))

    def move_a_line_that_is_gone(self) -> None:
        """Send a change of a model that the server does not know any more."""
        self._change(ModelChangedEvent(self._session.document, Span(), "location", 5))

    def _change(self, event: Any) -> None:
        """Have the server take an event as it takes those of a websocket."""
        protocol = Protocol()
        connection = ServerConnection(protocol, None, None, self._session)
        self._session.unsubscribe(connection)  # nobody listens at its other end
        work = ServerSession.patch(protocol.create("PATCH-DOC", [event]), connection)
        loop = self._served.loop.asyncio_loop
        asyncio.run_coroutine_threadsafe(work, loop).result(60)

    def text(self, part: str, name: str = "content") -> dict[str, Any]:
        """Return what a part shows now; {} at the moment in which it changes."""
        try:
            text = getattr(self._wire.data, f"{part}__{name}")
        except UnsetValueError:  # the page's own thread is setting it
            return {}
        return json.loads(text or "{}")

    def plots(self, title: str) -> bool:
        """Whether the plot has an axis that begins so."""
        item = self.text("distribution", "figure").get("item")
        return item is not None and any(
            label.startswith(title) for label in _axis_labels(item["doc"])
        )

    def close(self) -> None:
        """Go away; the server forgets the page when it looks the next time."""
        self._session.request_expiration()


def _axis_labels(node: Any) -> Iterator[str]:
    """Yield what stands at the axes in a figure's JSON."""
    if isinstance(node, dict):
        if isinstance(node.get("axis_label"), str):
            yield node["axis_label"]
        node = list(node.values())
    if isinstance(node, list):
        for part in node:
            yield from _axis_labels(part)


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    path = plates.make(tmp_path / KEY, fields=2)
    with (
        service(tmp_path / "workspace", path, measure=True) as made,
        Served(made, ServerSettings(port=0, unused_seconds=40.0)) as running,
    ):
        surveyed(made, KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).total and not p.running)
        yield running


def test_a_message_for_a_model_that_is_gone_blanks_no_later_plot(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Bokeh leaves the first page's document here; the other tests shall not have it.
    monkeypatch.setattr(bokeh.io.doc, "_PATCHED_CURDOCS", [])
    first = Visitor(served)
    wait_for(lambda: first.plots("Mean intensity, DNA"), "for the first plot")
    with pytest.raises(UnknownReferenceError):
        first.move_a_line_that_is_gone()
    first.close()
    wait_for(lambda: len(served.service.sessions) == 0, "for the session to end")
    second = Visitor(served, METRICS[1])
    wait_for(lambda: second.plots("Mean intensity, GFP"), "for the second plot")
    second.close()


@pytest.mark.parametrize(
    ("pages", "turns"), [(3, 6), pytest.param(6, 12, marks=pytest.mark.full)]
)
def test_pages_that_change_quickly_all_get_the_plot_they_asked_for_last(
    served: Served, pages: int, turns: int
) -> None:
    titles = {info.id: info.title for info in served.service.quality.metrics(KEY)}
    visitors = [Visitor(served) for _ in range(pages)]
    for turn in range(turns):
        for number, visitor in enumerate(visitors):
            metric = METRICS[(turn + number) % len(METRICS)]
            visitor.say("plate_map", type="metric", metric=metric)
            visitor.say(
                "distribution", type="tab", tab=("profile", "histogram")[turn % 2]
            )
    for number, visitor in enumerate(visitors):
        metric = METRICS[(turns - 1 + number) % len(METRICS)]
        title = titles[metric]
        wait_for(lambda v=visitor, t=title: v.plots(t), f"for {title}")
        assert visitor.text("distribution")["failure"] == ""
    for visitor in visitors:
        visitor.close()


def test_a_plot_that_fails_says_so_in_its_place_and_can_be_tried_again(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(_: Any) -> Any:
        raise RuntimeError("no room")

    monkeypatch.setattr(plotting, "_DRAWN", Shared())
    monkeypatch.setattr(plots, "embedded", broken)
    visitor = Visitor(served)
    words = wait_for(lambda: visitor.text("distribution")["failure"])
    assert re.fullmatch(
        r"This plot could not be drawn: .*; the server's log says why, under \w{8}\.",
        words,
    )
    assert not visitor.plots("Mean intensity, DNA")
    monkeypatch.undo()
    visitor.say("distribution", type="again")
    wait_for(lambda: visitor.plots("Mean intensity, DNA"), "for the plot")
    assert visitor.text("distribution")["failure"] == ""
    visitor.close()


def test_pages_that_show_the_same_have_one_figure_made_for_all(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures: list[object] = []
    embedded = plots.embedded

    def note(figure: Any) -> Any:
        figures.append(figure)
        return embedded(figure)

    monkeypatch.setattr(plotting, "_DRAWN", Shared())
    monkeypatch.setattr(plots, "embedded", note)
    visitors = [Visitor(served) for _ in range(3)]
    for visitor in visitors:
        wait_for(lambda page=visitor: page.plots("Mean intensity, DNA"), "for a plot")
    assert len(figures) == 1
    first, *others = (v.text("distribution", "figure")["item"] for v in visitors)
    assert all(item == first for item in others)
    visitors[0].say("header", type="theme", dark=True)
    wait_for(lambda: len(figures) == 2, "for a figure in other colours")
    for visitor in visitors[1:]:
        visitor.say("distribution", type="tab", tab="profile")
    for visitor in visitors[1:]:
        wait_for(
            lambda page=visitor: "median" in page.text("distribution").get("note", "")
        )
    assert len(figures) == 3
    for visitor in visitors:
        visitor.close()


def test_a_metric_without_values_says_what_it_waits_for_and_where_that_is_set(
    served: Served,
) -> None:
    visitor = Visitor(served, "percent_saturated.0")
    missing = wait_for(lambda: visitor.text("statistics").get("found"))
    assert "clip level is not known" in missing["missing"]
    assert missing["place"] == "channels"
    plot = visitor.text("distribution")
    assert not plot["plotted"]
    assert "clip level is not known" in plot["empty"]
    assert plot["place"] == "channels"
    visitor.close()
