"""What another metric on a plate of 1536 wells costs: bytes to the browser, and time.

    python tests/benchmarks/bench_heatmap.py

The floor is a bare round trip through the same websocket: a message that the server
answers with a few bytes. Switches and round trips alternate, so that a busy machine
slows both; only the ratio means something.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from playwright.sync_api import sync_playwright

from tests.benchmarks import cell_plates
from tests.browser.chromium import FLAGS
from tests.browser.serving import Server

if TYPE_CHECKING:
    from collections.abc import Callable

    from playwright.sync_api import Page

REPEATS = 9
MEASURED = 1_200_000
METRICS = ("mean.0", "p99.0", "laplacian_variance.0", "background_level.0")

PREPARE = """async () => {
  const page = document.querySelector('script[src$="page.js"]')
  const part = (name) => import(new URL(name, page.src).href)
  window.bus = await part("bus.js")
  window.deep = (root, test) => {
    const found = [...root.querySelectorAll(test)]
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) found.push(...window.deep(each.shadowRoot, test))
    }
    return found
  }
}"""

SWITCH = """async (metric) => {
  const select = window.deep(document, ".hcs-metric-select select")[0]
  const title = select.querySelector(`option[value="${metric}"]`).textContent
  const canvas = window.deep(document, ".hcs-plate-map canvas")[0]
  const unit = window.deep(document, ".legend > span > .soft")[0]
  const start = performance.now()
  select.value = metric
  select.dispatchEvent(new Event("change"))
  while (!unit.title.startsWith(title)) {
    await new Promise((done) => setTimeout(done, 1))
    if (performance.now() - start > 60000) throw new Error(unit.title)
  }
  await new Promise((done) => requestAnimationFrame(done))
  canvas.getContext("2d").getImageData(0, 0, 1, 1)
  return performance.now() - start
}"""
"""From the choice until the wells are painted: reading a pixel waits for the paint."""

ROUND_TRIP = """async (tab) => {
  const head = () => window.deep(document, `.hcs-plots [data-tab="${tab}"]`)[0]
  const start = performance.now()
  head().click()
  while (head().getAttribute("aria-selected") !== "true") {
    await new Promise((done) => setTimeout(done, 1))
    if (performance.now() - start > 60000) throw new Error("no answer")
  }
  await new Promise((done) => requestAnimationFrame(done))
  return performance.now() - start
}"""
"""A tab of the plots without anything to plot: the server answers with its head."""


def main() -> None:
    """Print bytes and times."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "large.ome.zarr"
        cell_plates.make(path, 32, 48, channels=1, side=64)
        server = Server(path, workspace=Path(folder) / "workspace")
        try:
            _measure(server)
        finally:
            server.stop()


def _measure(server: Server) -> None:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS]
        )
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        server.let_in(context)
        page = context.new_page()
        page.set_default_timeout(MEASURED)
        received = [0]
        page.on(
            "websocket", lambda socket: socket.on("framereceived", _count(received))
        )
        page.goto(server.url)
        page.wait_for_function("() => location.search.includes('metric=suspicion')")
        page.evaluate(PREPARE)
        time.sleep(5)
        _report(page, received)
        browser.close()


def _count(received: list[int]) -> Callable[[str | bytes], None]:
    def add(data: str | bytes) -> None:
        received[0] += len(data)

    return add


def _report(page: Page, received: list[int]) -> None:
    switches, floors, sizes = [], [], []
    page.evaluate(SWITCH, METRICS[-1])
    page.evaluate(ROUND_TRIP, "scatter")  # nothing is chosen, so nothing is plotted
    for turn in range(REPEATS):
        page.wait_for_timeout(2000)  # and takes what is still coming
        before = received[0]
        switches.append(page.evaluate(SWITCH, METRICS[turn % len(METRICS)]))
        page.wait_for_timeout(2000)
        sizes.append(received[0] - before)
        # The scatter has no second metric yet, and a profile comes after its head.
        floors.append(page.evaluate(ROUND_TRIP, ("profile", "scatter")[turn % 2]))
        page.wait_for_timeout(1000)
    print(f"bytes a switch   {statistics.median(sizes) / 1000:8.1f} kB  (at most 60)")
    switch, floor = statistics.median(switches), statistics.median(floors)
    print(f"switch drawn     {switch:8.0f} ms")
    print(f"bare round trip  {floor:8.0f} ms")
    print(f"ratio            {switch / floor:8.2f}     (at most 3)")


if __name__ == "__main__":
    main()
