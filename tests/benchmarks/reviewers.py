"""People who judge wells one after the other: raw pages, and browsers."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.benchmarks.raw_page import PATIENCE, PageError, RawPage

if TYPE_CHECKING:
    from playwright.async_api import Page, WebSocket

THINK_SECONDS = 2.0
"""That a person takes before each act."""


@dataclass
class Seen:
    """What all reviewers together have met: seconds, and what went wrong."""

    seconds: dict[str, list[float]] = field(default_factory=dict)
    acts: int = 0
    verdicts: list[str] = field(default_factory=list)
    """Batches of those that were answered."""

    errors: list[str] = field(default_factory=list)

    def took(self, what: str, seconds: float) -> None:
        self.seconds.setdefault(what, []).append(seconds)


def wells_of(page: RawPage, seed: int) -> list[str]:
    """Return the plate's wells in an order of somebody's own."""
    labels: list[str] = json.loads(page.texts["plate_map__plate"])["labels"]
    random.Random(seed).shuffle(labels)
    return labels


async def look_at(page: RawPage, plate: str, well: str, seen: Seen) -> dict[str, Any]:
    """Choose a well and fetch all its pictures; return what its gallery shows."""
    start = time.perf_counter()
    details = asyncio.create_task(page.get(f"pixels/{plate}/wells.json?well={well}"))
    shown = await page.click(well)
    seen.took("gallery", time.perf_counter() - start)
    pictures = {field["thumb"] for field in shown["fields"] if field["thumb"]}
    if not pictures:
        said = shown["error"] or [field["error"] for field in shown["fields"]]
        raise PageError(f"well {well} shows no picture: {said or shown['empty']}")
    await asyncio.gather(details, *map(page.get, sorted(pictures)))
    seen.took("click", time.perf_counter() - start)
    pictured = {name: shown[name] for name in ("plate", "digest")}
    page.say("verdict", "seen", well=well, **pictured)
    seen.acts += 1
    return shown


async def judge(page: RawPage, plate: str, shown: dict[str, Any], seen: Seen) -> None:
    """Judge the well that is shown."""
    verdict = random.choice(("pass", "pass", "pass", "flag", "fail"))
    start = time.perf_counter()
    batch = await page.judge(plate, shown["well"], shown["digest"], verdict)
    seen.took("verdict", time.perf_counter() - start)
    seen.verdicts.append(batch)
    seen.acts += 1


async def review(
    page: RawPage, plate: str, number: int, until: float, seen: Seen
) -> None:
    """Open a page and judge wells until a moment of the clock."""
    try:
        opened = await page.open(f"plate={plate}")
        seen.took("page", opened.html)
        seen.took("document", opened.document)
        wells = iter(wells_of(page, number))
        while time.perf_counter() < until:
            await asyncio.sleep(THINK_SECONDS)
            shown = await look_at(page, plate, next(wells), seen)
            await asyncio.sleep(THINK_SECONDS)
            await judge(page, plate, shown, seen)
    except Exception as error:
        seen.errors.append(f"person {number}: {error!r}")
    seen.errors += [f"person {number}: {error}" for error in page.errors]


_SHOWN = """(well) => {
  const roots = [document]
  for (const root of roots)
    for (const element of root.querySelectorAll("*"))
      if (element.shadowRoot) roots.push(element.shadowRoot)
  const thumbs = roots.flatMap((root) => [...root.querySelectorAll(".hcs-thumb")])
  return thumbs.length > 0 && thumbs.every((thumb) => thumb.dataset.well === well
    && !thumb.classList.contains("loading")
    && [...thumb.querySelectorAll("img")].every((image) => image.complete))
}"""


class _Answers:
    """Hears on a browser's websocket which verdicts are sent, and answered."""

    def __init__(self, page: Page) -> None:
        self._batch = ""
        self._answered = asyncio.Event()
        page.on("websocket", self._listen)

    def _listen(self, socket: WebSocket) -> None:
        socket.on("framesent", self._sent)
        socket.on("framereceived", self._received)

    def _sent(self, frame: str | bytes) -> None:
        match = re.search(r'"batch"[,:]\s*"([0-9a-f]{32})"', str(frame))
        if match and '"judge"' in str(frame):
            self._batch = match[1]

    def _received(self, frame: str | bytes) -> None:
        if self._batch and self._batch in str(frame):
            self._answered.set()

    async def wait(self) -> str:
        """Return the batch of the verdict that was answered next."""
        async with asyncio.timeout(PATIENCE):
            await self._answered.wait()
        batch, self._batch = self._batch, ""
        self._answered.clear()
        return batch


async def review_in_browser(
    page: Page, url: str, plate: str, number: int, until: float, seen: Seen
) -> None:
    """Do the same in a real browser, by its own mouse and eyes."""
    page.on("pageerror", lambda error: seen.errors.append(f"browser: {error}"))
    answers = _Answers(page)
    try:
        start = time.perf_counter()
        await page.goto(f"{url}?plate={plate}")
        await page.locator('td[data-well="A01"]').wait_for(timeout=PATIENCE * 1000)
        seen.took("browser: page", time.perf_counter() - start)
        cells = page.locator("td[data-well]")
        labels = await cells.evaluate_all("(all) => all.map((c) => c.dataset.well)")
        random.Random(number).shuffle(labels)
        for well in labels:
            await asyncio.sleep(THINK_SECONDS)
            if time.perf_counter() > until:
                return
            start = time.perf_counter()
            await page.locator(f'td[data-well="{well}"]').dispatch_event("click")
            await page.wait_for_function(_SHOWN, arg=well, timeout=PATIENCE * 1000)
            seen.took("browser: click", time.perf_counter() - start)
            await asyncio.sleep(THINK_SECONDS)
            start = time.perf_counter()
            await page.locator(".hcs-verdict-pass").click(timeout=PATIENCE * 1000)
            seen.verdicts.append(await answers.wait())
            seen.took("browser: verdict", time.perf_counter() - start)
            seen.acts += 2
    except Exception as error:
        what = f"{type(error).__name__} {str(error)[:400]!r}"
        bar = page.locator(".verdict-area").first
        said = await bar.inner_text() if await bar.count() else ""
        seen.errors.append(f"browser {number}: {what}, its bar says {said[:400]!r}")
