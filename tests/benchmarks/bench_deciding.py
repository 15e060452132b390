"""From a key to the next well's pictures, and from a verdict to another browser.

    python tests/benchmarks/bench_deciding.py

The program itself on the demo plate, with previews that are warm and browsers that have
seen no picture of it. Times are taken inside the pages: from the key press to the frame
in which all thumbnails of the next well are drawn; and to the frame in which a second
browser knows the verdict. Medians of rounds that take turns with a bare request to the
same server from the same page. Exits 1 where a verdict took two seconds or more.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playwright.sync_api import sync_playwright

from hcs.demo import make_demo_plate

sys.path.insert(0, str(Path(__file__).parents[2]))
from tests.browser.serving import Server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

ROUNDS = 11
BUDGET = 2000.0
FLAGS = ("--no-sandbox", "--disable-gpu", "--use-gl=angle", "--use-angle=swiftshader")

WATCH = """async () => {
  window.hcsReview = (await window.hcsPart("review/verdicts.js")).review
  document.addEventListener("keydown", (event) => {
    window.hcsPressed = performance.timeOrigin + event.timeStamp
  }, true)
}"""

FLOOR = """async () => {
  const began = performance.now()
  await (await fetch("/health", {cache: "no-store"})).text()
  return performance.now() - began
}"""

UNTIL = """(done) => new Promise((found, failed) => {
  const now = () => performance.timeOrigin + performance.now()
  const end = now() + 60000
  const look = () => {
    if (eval(done)) found(now())
    else if (now() > end) failed(new Error(`It never came that ${done}`))
    else requestAnimationFrame(look)
  }
  look()
})"""


def opened(browser: Browser, server: Server, name: str, well: str) -> Page:
    """Return a page of a browser of its own, with its pictures drawn."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    server.let_in(context)
    page = context.new_page()
    page.set_default_timeout(120_000)
    page.add_init_script(f"localStorage.setItem('hcs-reviewer', {name!r})")
    page.goto(f"{server.url}?well={well}")
    page.locator(".hcs-thumb img").first.wait_for()
    page.evaluate(WATCH)
    page.evaluate(UNTIL, drawn(well))
    page.wait_for_timeout(1500)
    return page


def drawn(well: str) -> str:
    return (
        f"window.hcsReview.pictures.well === '{well}'"
        " && window.hcsReview.pictures.drawn"
    )


def drawn_after(well: str) -> str:
    return (
        f"window.hcsReview.selected !== '{well}'"
        " && window.hcsReview.pictures.well === window.hcsReview.selected"
        " && window.hcsReview.pictures.drawn"
    )


def judged(well: str) -> str:
    return f"Boolean(window.hcsReview.verdicts['{well}']?.[0])"


def stepped(page: Page, key: str, done: str) -> float:
    """Return the milliseconds from a key press until something is drawn."""
    page.keyboard.press(key)
    end: Any = page.evaluate(UNTIL, done)
    return float(end - page.evaluate("window.hcsPressed"))


def main() -> int:
    times: dict[str, list[float]] = {"request": [], "next well": [], "verdict": []}
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        plate = Path(folder) / "demo.ome.zarr"
        make_demo_plate(plate)
        server = Server(plate, workspace=Path(folder) / "workspace")
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=list(FLAGS)
        )
        warm = opened(browser, server, "Warm", "A01")
        measured = warm.locator(".hcs-queue", has_text="suspect")
        measured.wait_for(timeout=900_000)
        for column in range(2, ROUNDS + 2):
            stepped(warm, "ArrowRight", drawn(f"A{column:02d}"))
        warm.close()
        page = opened(browser, server, "Ada", "A01")
        other = opened(browser, server, "Ben", "D01")
        for column in range(2, ROUNDS + 2):
            times["request"].append(page.evaluate(FLOOR))
            label = f"A{column:02d}"
            times["next well"].append(stepped(page, "ArrowRight", drawn(label)))
        for _ in range(ROUNDS):
            times["request"].append(page.evaluate(FLOOR))
            label = page.evaluate("window.hcsReview.pictures.well")
            page.keyboard.press("l")
            pressed = page.evaluate("window.hcsPressed")
            times["verdict"].append(other.evaluate(UNTIL, judged(label)) - pressed)
            if page.evaluate("window.hcsReview.selected") == label:
                page.keyboard.press("j")  # after the last suspect the page stays
            page.evaluate(UNTIL, drawn_after(label))
        browser.close()
        server.stop()
    floor = statistics.median(times["request"])
    for name, spent in times.items():
        median = statistics.median(spent)
        print(
            f"{name:<10} {median:>6.0f} ms  {median / floor:>5.1f}  "
            f"(worst {max(spent):.0f})"
        )
    return int(statistics.median(times["verdict"]) >= BUDGET)


if __name__ == "__main__":
    sys.exit(main())
