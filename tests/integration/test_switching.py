"""What another metric on a plate of 1536 wells sends to the page."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from bokeh.document import Document
from panel.io.state import set_curdoc

from dashboard.addresses import Urls
from dashboard.session import Session
from dashboard.views.page import Page
from tests.benchmarks import cell_plates
from tests.integration.serving import service, surveyed

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.views.island import Island

KEY = "large.ome.zarr"
MOST = 60_000
"""Bytes that a switch may send."""


def test_a_switch_of_the_metric_on_1536_wells_sends_little(tmp_path: Path) -> None:
    path = cell_plates.make(tmp_path / KEY, 32, 48, channels=1, side=64)
    document = Document()
    with service(tmp_path / "workspace", path, measure=False) as made:
        overview = surveyed(made, KEY)
        random = np.random.default_rng(7)
        lines = [
            f"{well.label},{1e4 * random.random()},{1e4 * random.random()}"
            for well in overview.wells
        ]
        table = "\n".join(["well,one,two", *lines]).encode()
        made.imports.take(KEY, table, "made.csv", {"one", "two"}, "Ana")
        with set_curdoc(document):
            session = Session(made, Urls(), document)
            page = Page(session)
            page.start()
            page._theme(dark=False)
            session.state.update(metric="imported:one")
            page._draw_all(page._snapshots.now)
            sizes: dict[str, int] = {}
            for name, part in page.parts.items():
                _count(name, part.component, sizes)
            session.state.update(metric="imported:two")
            # The values go before all others, and the page says that more is to come.
            assert list(sizes) == ["plate_map.values", "header.rest"]
            page._draw_all(page._snapshots.now)
            session.close()
    assert 1536 * 6 < sum(sizes.values()) <= MOST, sizes


def _count(part: str, component: Island, sizes: dict[str, int]) -> None:
    """Note the size of each text that a part sends from now on."""

    put_text = component.put_text

    def note(text: str, name: str = "content") -> None:
        before = component.texts[name]
        put_text(text, name)
        if text != before:
            key = f"{part}.{name}"
            sizes[key] = sizes.get(key, 0) + len(text)

    component.put_text = note  # type: ignore[method-assign]
