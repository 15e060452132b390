"""How long looking takes in Chromium: plate, well, zoom, contrast, first paint.

    python tests/benchmarks/bench_looking.py [SECTION ...]

Each figure is the median of at least five, beside its baseline of the same run: a bare
round trip to the server, an empty frame of the browser, or an empty Panel page. On a
busy machine only the ratios mean something. Sections: overview, well, canvas, contrast,
paint, memory; all where none is named.
"""

from __future__ import annotations

import contextlib
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

from playwright.sync_api import sync_playwright

from tests.benchmarks import cell_plates
from tests.browser.chromium import FLAGS
from tests.browser.serving import ROOT, Server

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from playwright.sync_api import Browser, BrowserContext, Page

REPEATS = 5
PATIENCE = 180_000

EMPTY = """
import sys
import panel as pn
pn.extension()
template = '''{% from macros import embed %}<!DOCTYPE html><html><head>
{{ bokeh_css if bokeh_css }}</head><body>{{ embed(roots.one) }}
{{ bokeh_js if bokeh_js }}{{ plot_script }}</body></html>'''
def page():
    made = pn.Template(template)
    made.add_panel("one", pn.pane.HTML("<p id=there>empty</p>"))
    return made
server = pn.serve(page, port=int(sys.argv[1]), show=False, start=False)
server.start()
print(f"http://localhost:{server.port}/", flush=True)
server.io_loop.start()
"""

ROUND_TRIP = """async () => {
  const found = []
  for (let i = 0; i < 15; i += 1) {
    const start = performance.now()
    await (await fetch("health", {cache: "no-store"})).text()
    found.push(performance.now() - start)
  }
  return found.sort((a, b) => a - b)[7]
}"""

FRAME = """async () => {
  const found = []
  for (let i = 0; i < 15; i += 1) {
    const start = performance.now()
    await new Promise(requestAnimationFrame)
    await new Promise(requestAnimationFrame)
    found.push(performance.now() - start)
  }
  return found.sort((a, b) => a - b)[7]
}"""

CLICK = """async (label) => {
  const deep = (root, test) => {
    const found = [...root.querySelectorAll(test)]
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) found.push(...deep(each.shadowRoot, test))
    }
    return found
  }
  const cell = deep(document, `td[data-well="${label}"]`)[0]
  const start = performance.now()
  cell.click()
  for (;;) {
    await new Promise(requestAnimationFrame)
    const thumbs = deep(document, `.hcs-thumb[data-well="${label}"] :is(img, canvas)`)
    const there = thumbs.length >= 9 && thumbs.every((one) =>
      one.tagName === "CANVAS" || (one.complete && one.naturalWidth))
    if (there) break
    if (performance.now() - start > 60000) throw new Error("no thumbnails")
  }
  await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))
  return performance.now() - start
}"""

STEPS = """async (canvas, act) => {
  const box = canvas.getBoundingClientRect()
  const settle = async () => {
    while (canvas.dataset.busy !== "false") await new Promise(requestAnimationFrame)
  }
  const at = {clientX: box.left + box.width * 0.4, clientY: box.top + box.height * 0.45}
  const send = (type, more) => canvas.dispatchEvent(new (type === "wheel" ? WheelEvent
    : PointerEvent)(type, {bubbles: true, cancelable: true, ...at, ...more}))
  const found = []
  for (let i = 0; i < 16; i += 1) {
    await settle()
    const before = canvas.dataset.painted
    const start = performance.now()
    if (act === "zoom") send("wheel", {deltaY: i % 8 < 4 ? -120 : 120})
    else {
      const key = ["ArrowLeft", "ArrowRight"][i % 2]
      canvas.dispatchEvent(new KeyboardEvent("keydown", {key, bubbles: true}))
    }
    while (canvas.dataset.painted === before) await new Promise(requestAnimationFrame)
    // Reading a pixel back waits until everything has really been painted.
    canvas.getContext("2d").getImageData(0, 0, 1, 1)
    found.push(performance.now() - start)
  }
  return found
}"""

CONTRAST = """async () => {
  const deep = (root, test) => {
    const found = [...root.querySelectorAll(test)]
    for (const each of root.querySelectorAll("*")) {
      if (each.shadowRoot) found.push(...deep(each.shadowRoot, test))
    }
    return found
  }
  const canvas = deep(document, ".hcs-field-viewer canvas.picture")[0]
  const bus = await hcsPart("core/bus.js")
  const gl = canvas.getContext("webgl2")
  const pixel = new Uint8Array(4)
  const read = () => gl.readPixels(canvas.width / 2, canvas.height / 2, 1, 1, gl.RGBA,
    gl.UNSIGNED_BYTE, pixel)
  const found = []
  for (let i = 0; i < 20; i += 1) {
    const start = performance.now()
    bus.setDisplay(bus.display.channels.map((one) => ({...one, high: one.high * 0.99})))
    await new Promise(requestAnimationFrame)
    read()
    found.push(performance.now() - start)
    await new Promise((done) => setTimeout(done, 20))
  }
  return found
}"""


OWN = """() => {
  const found = performance.getEntriesByType("resource")
    .filter((one) => new URL(one.name).pathname.startsWith("/pixels/"))
  const first = Math.min(...found.map((one) => one.startTime))
  return window.hcsDrawn - performance.timeOrigin - first
}"""


# Who waits from outside learns of it when the scripts of the page rest, not when it is
# painted.
FIRST_DRAWN = """
const look = () => {
  const host = document.querySelector('[data-part="plate_canvas"] > *')
  const canvas = host?.shadowRoot?.querySelector('.plate-canvas[data-busy="false"]')
  if (canvas) window.hcsDrawn = performance.timeOrigin + performance.now()
  else requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""


# The same for what a page shows first, wherever in it that lies.
FIRST_SEEN = """
const seen = (root) => {
  const element = root.querySelector(`SELECTOR`)
  if (element) return element.getBoundingClientRect().width > 0
  const roots = [...root.querySelectorAll("*")].map(({ shadowRoot }) => shadowRoot)
  return roots.some((inner) => inner && seen(inner))
}
const look = () => {
  if (document.body && seen(document.body)) window.hcsSeen = performance.now()
  else requestAnimationFrame(look)
}
requestAnimationFrame(look)
"""


def middle(values: list[float]) -> float:
    """Return the median."""
    return statistics.median(values)


class Bench:
    """A browser, a folder, and a table."""

    def __init__(self, browser: Browser, folder: Path) -> None:
        self.browser = browser
        self.folder = folder
        self.missed = 0
        self._servers: list[Server] = []

    def say(self, name: str, value: float, wanted: float, unit: str, base: str) -> None:
        """Print one figure with its aim and baseline."""
        good = value <= wanted
        self.missed += not good
        sign = " " if good else "!"
        print(
            f"{sign} {name:<46} {value:8.1f} {unit:<4} aim {wanted:>7g}   {base}",
            flush=True,
        )

    @contextmanager
    def context(self) -> Iterator[BrowserContext]:
        """Yield a context without a cache of before."""
        made = self.browser.new_context(viewport={"width": 1280, "height": 800})
        made.set_default_timeout(PATIENCE)
        for server in self._servers:
            server.let_in(made)
        yield made
        made.close()

    @contextmanager
    def serve(self, *arguments: str | Path, workspace: str) -> Iterator[Server]:
        """Yield the dashboard in a process of its own."""
        # Measuring would take its part of the machine.
        server = Server(*arguments, "--no-measure", workspace=self.folder / workspace)
        self._servers.append(server)
        yield server
        self._servers.remove(server)
        server.stop()

    @contextmanager
    def empty(self) -> Iterator[tuple[str, int]]:
        """Yield address and process id of a server of an empty Panel page."""
        script = self.folder / "empty.py"
        script.write_text(EMPTY)
        process = subprocess.Popen(
            [sys.executable, script, "0"], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        line = next(text for text in process.stdout if "http" in text)
        url = line[line.index("http") :].split()[0].replace("0.0.0.0", "localhost")  # noqa: S104
        try:
            yield url, process.pid
        finally:
            process.terminate()
            process.wait()

    def open_empty(self, url: str) -> float:
        """Return the milliseconds until an empty Panel page is painted."""
        with self.context() as context:
            page = context.new_page()
            start = time.perf_counter()
            page.goto(url, wait_until="commit")
            page.locator("#there").wait_for(state="visible")
            return (time.perf_counter() - start) * 1e3

    def wait_for_previews(self, page: Page, key: str) -> None:
        """Wait until the background job has ended."""
        url = f"pixels/{key}/previews.json"
        while True:
            progress = page.evaluate("async (url) => (await fetch(url)).json()", url)
            if progress["total"] and not progress["running"]:
                break
            time.sleep(0.5)


def drawn(page: Page) -> None:
    """Wait until the plate is painted, with all wells."""
    page.locator('.plate-canvas[data-busy="false"]').wait_for()


def overview(bench: Bench) -> None:
    """Requests, bytes and time of the whole plate."""
    for wells, grid, wanted in ((384, (16, 24), 1500), (1536, (32, 48), 2500)):
        path = cell_plates.make(bench.folder / f"o{wells}.ome.zarr", *grid)
        with (
            bench.empty() as (empty, _),
            bench.serve(path, workspace=f"w{wells}") as server,
        ):
            with bench.context() as context:
                page = context.new_page()
                page.goto(f"{server.url}?wells=pictures")
                drawn(page)
                bench.wait_for_previews(page, path.name)
                trip = page.evaluate(ROUND_TRIP)
            bases, times, own, requests, nbytes = [], [], [], 0, 0
            for _ in range(REPEATS):
                bases.append(bench.open_empty(empty))
                with bench.context() as context:
                    page = context.new_page()
                    answers: list[Any] = []
                    page.on(
                        "response",
                        lambda response, to=answers: (
                            urlsplit(response.url).path.startswith("/pixels/")
                            and to.append(response)
                        ),
                    )
                    page.add_init_script(FIRST_DRAWN)
                    start = time.time() * 1e3
                    page.goto(f"{server.url}?wells=pictures", wait_until="commit")
                    drawn(page)
                    times.append(page.evaluate("window.hcsDrawn") - start)
                    requests = len(answers)
                    nbytes = sum(
                        int(answer.headers.get("content-length", 0))
                        for answer in answers
                    )
                    own.append(page.evaluate(OWN))
            base = f"one a well {wells}"
            bench.say(f"{wells} wells: requests for pictures", requests, 6, "", base)
            raw = wells * 2 * 270 * 270 * 2 / 1e6
            base = f"the planes below them {raw:.0f} MB"
            bench.say(f"{wells} wells: bytes", nbytes / 1e6, 1.5, "MB", base)
            base = f"empty Panel page {middle(bases):.0f} ms, round trip {trip:.1f} ms"
            bench.say(f"{wells} wells: drawn", middle(times), wanted, "ms", base)
            base = f"of it from the first request, round trip {trip:.1f} ms"
            bench.say(f"{wells} wells: drawn", middle(own), wanted, "ms", base)
        shutil.rmtree(path)


def well(bench: Bench) -> None:
    """From a click on a well to its nine thumbnails."""
    path = cell_plates.make(
        bench.folder / "w.ome.zarr", 2, 6, fields=9, channels=4, side=1080, levels=3
    )
    labels = [f"{row}{column}" for row in "AB" for column in range(1, 7)]
    cases = (
        ("with previews", 150, ()),
        ("without previews", 600, ("--preview-disk", "0")),
    )
    for name, wanted, more in cases:
        with bench.serve(path, *more, workspace=f"v{len(more)}") as server:
            with bench.context() as context:
                page = context.new_page()
                page.goto(f"{server.url}?wells=pictures")
                drawn(page)
                if not more:
                    bench.wait_for_previews(page, path.name)
                else:
                    page.wait_for_timeout(15_000)  # the job finds that nothing fits
                trip = page.evaluate(ROUND_TRIP)
                times = []
                for label in labels[1:8]:
                    times.append(page.evaluate(CLICK, label))
                    page.wait_for_timeout(600)
        base = f"round trip {trip:.1f} ms = 1 : {middle(times) / trip:.0f}"
        bench.say(f"click to 9 thumbnails, {name}", middle(times), wanted, "ms", base)
    shutil.rmtree(path)


def canvas(bench: Bench) -> None:
    """One step of zoom or pan where everything is there."""
    path = cell_plates.make(
        bench.folder / "c.ome.zarr", 16, 24, channels=2, side=1080, levels=3
    )
    with bench.serve(path, workspace="c") as server, bench.context() as context:
        page = context.new_page()
        page.goto(f"{server.url}?wells=pictures")
        drawn(page)
        bench.wait_for_previews(page, path.name)
        page.wait_for_timeout(2000)
        element = page.locator(".plate-canvas")
        for where, steps in (("plate", 0), ("wells", 12), ("pixels", 14)):
            box = element.bounding_box()
            assert box is not None
            spot = box["x"] + box["width"] * 0.4, box["y"] + box["height"] * 0.45
            page.mouse.move(*spot)
            for _ in range(steps):
                page.mouse.wheel(0, -120)
            drawn(page)
            frame = page.evaluate(FRAME)
            for act in ("zoom", "pan"):
                if act == "pan" and not steps:
                    continue
                element.evaluate(STEPS, act)  # what is fetched on the way
                times = element.evaluate(STEPS, act)
                base = f"two empty frames {frame:.0f} ms"
                bench.say(f"{act} step, {where}, warm", middle(times), 50, "ms", base)
    shutil.rmtree(path)


def contrast(bench: Bench) -> None:
    """One step of a channel's slider in the field viewer, drawn in software."""
    path = cell_plates.make(
        bench.folder / "f.ome.zarr", 1, 2, channels=2, side=1080, levels=3
    )
    with bench.serve(path, workspace="f") as server, bench.context() as context:
        page = context.new_page()
        page.goto(f"{server.url}?plate={path.name}&well=A01&field=0")
        page.locator(".hcs-field-viewer .pane[data-drawn]").wait_for()
        page.wait_for_timeout(3000)
        frame = page.evaluate(FRAME)
        times = page.evaluate(CONTRAST)
    base = f"two empty frames {frame:.0f} ms; the slowest {max(times):.0f} ms"
    bench.say("contrast change, field viewer", middle(times), 100, "ms", base)
    shutil.rmtree(path)


def paint(bench: Bench) -> None:
    """The first paint of the plate, against an empty Panel page."""
    path = cell_plates.make(bench.folder / "p.ome.zarr", 8, 12)
    with bench.empty() as (empty, _), bench.serve(path, workspace="p") as server:
        pages = {
            "ours": (server.url, '[role="gridcell"][data-well="H12"]'),
            "empty": (empty, "#there"),
        }
        times: dict[tuple[str, str], list[float]] = {}
        for turn in range(REPEATS + 1):
            for name, (url, test) in pages.items():
                with bench.context() as context:
                    context.add_init_script(FIRST_SEEN.replace("SELECTOR", test))
                    for state in ("cold", "warm"):
                        page = context.new_page()
                        page.goto(url, wait_until="commit")
                        page.wait_for_function("window.hcsSeen")
                        if turn:
                            times.setdefault((name, state), []).append(
                                page.evaluate("window.hcsSeen")
                            )
                        page.close()
    for state in ("cold", "warm"):
        ours, base = middle(times["ours", state]), middle(times["empty", state])
        text = f"{ours:.0f} ms against {base:.0f} ms of an empty Panel page"
        bench.say(f"first useful paint, {state}", ours / base, 1.3, "x", text)
    shutil.rmtree(path)


def memory(bench: Bench) -> None:
    """What an open page costs the server that nobody touches."""
    path = cell_plates.make(bench.folder / "m.ome.zarr", 16, 24)
    with bench.serve(path, workspace="m") as server:
        with bench.context() as context:
            page = context.new_page()
            page.goto(f"{server.url}?wells=pictures")
            drawn(page)
            bench.wait_for_previews(page, path.name)
        ours, text = _per_page(
            bench, f"{server.url}?wells=pictures", server._process.pid, drawn
        )
    with bench.empty() as (url, process):
        base, _ = _per_page(
            bench, url, process, lambda page: page.locator("#there").wait_for()
        )
    text = f"{text}; empty Panel page {base:.1f} MB"
    bench.say("memory of the server a page", ours, 15, "MB", text)
    shutil.rmtree(path)


def _per_page(
    bench: Bench, url: str, process: int, wait: Callable[[Page], None]
) -> tuple[float, str]:
    """Return the MB of a server that an open page takes, and how they were found."""
    with contextlib.ExitStack() as stack:

        def visit(count: int) -> float:
            for _ in range(count):
                page = stack.enter_context(bench.context()).new_page()
                page.goto(url)
                wait(page)
            time.sleep(2)
            return _rss(process)

        before, after = visit(2), visit(6)
    return (after - before) / 6, f"{before:.0f} MB with 2 pages, {after:.0f} MB with 8"


def _rss(process: int) -> float:
    status = Path(f"/proc/{process}/status").read_text()
    line = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


SECTIONS: dict[str, Callable[[Bench], None]] = {
    "overview": overview,
    "well": well,
    "canvas": canvas,
    "contrast": contrast,
    "paint": paint,
    "memory": memory,
}


def main() -> int:
    """Run the sections that were named."""
    chosen = sys.argv[1:] or list(SECTIONS)
    load = Path("/proc/loadavg").read_text().split()[0]
    print(f"load {load}; ! marks what misses its aim\n")
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), headless=True, args=list(FLAGS)
        )
        bench = Bench(browser, Path(name))
        for section in chosen:
            SECTIONS[section](bench)
        browser.close()
    # Times of a shared machine are figures, not gates.
    return 0


if __name__ == "__main__":
    sys.exit(main())
