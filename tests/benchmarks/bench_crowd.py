"""What fifty people at one address wait for, and what they cost the server.

    python tests/benchmarks/bench_crowd.py [--people 50] [--processes 2]
        [--folder FOLDER] [--json FILE] [--page docs/load.md]

First the cost: CPU seconds of the server for a page, a click and a verdict of one
person, with 0, 10, 25 and 50 more pages open on the plate. Then the crowd: everybody
arrives within a minute, and from then on clicks a well, looks for 2 s, judges it, waits
2 s, and so on. Two of them are real browsers, the others raw pages (`raw_page.py`).
Meanwhile somebody uploads 500 MB and somebody commits a batch of corrections, and
`/health` is asked all the time. Server, reviewers and browsers share the machine.

Exits 1 where anything failed, a verdict is not in the database, or memory is over its
bound; times are reported and not judged.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent.parent))

import aiohttp
import psutil
from playwright.async_api import async_playwright

from tests.benchmarks import crowd_report
from tests.benchmarks.crowd_batch import commit_batch
from tests.benchmarks.crowd_site import (
    KEY,
    PASSWORD,
    Site,
    fresh,
    person,
    prepare,
    say,
    several_processes,
    single_process,
)
from tests.benchmarks.raw_page import PageError, RawPage
from tests.benchmarks.reviewers import (
    Seen,
    judge,
    look_at,
    review,
    review_in_browser,
    wells_of,
)
from tests.browser.chromium import FLAGS

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterator

ARRIVAL_SECONDS = 60.0
UPLOAD_BYTES = 500_000_000
BROWSERS = 2
LEVELS = (0, 10, 25, 50)
ACTS = 12
"""Of each kind that a cost is the mean of."""

SETTLE_SECONDS = 2.5
"""Until other pages have taken notice of an act."""

QUIET = 0.1
"""CPU seconds a second below which nothing but open pages is at work: what has not
ended yet of what was done before would be taken for their cost."""

QUIET_PATIENCE = 120.0
"""Seconds to wait for that; more pages than are open here may cost more."""

MEMORY_MB = 1500

_AT_THE_DOOR = 10
"""Who sign in at the same time; passwords are checked one after the other."""


class People:
    """Those who have signed in: a jar of cookies each."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self._clients: list[aiohttp.ClientSession] = []

    async def come_in(self, count: int) -> None:
        for _ in range(count):
            jar = aiohttp.CookieJar(unsafe=True)
            # As many connections as a browser opens to one host.
            connector = aiohttp.TCPConnector(limit_per_host=6)
            client = aiohttp.ClientSession(cookie_jar=jar, connector=connector)
            self._clients.append(client)
        for first in range(0, count, _AT_THE_DOOR):
            await asyncio.gather(
                *(
                    self.page(number).sign_in(person(number), PASSWORD)
                    for number in range(first, min(count, first + _AT_THE_DOOR))
                )
            )

    def page(self, number: int) -> RawPage:
        return RawPage(self._clients[number], self._site.url)

    def cookies(self, number: int) -> list[Any]:
        """Return a person's cookies as a browser is given them."""
        return [
            {"name": cookie.key, "value": cookie.value, "url": self._site.url}
            for cookie in self._clients[number].cookie_jar
        ]

    async def leave(self) -> None:
        for client in self._clients:
            await client.close()


@contextlib.asynccontextmanager
async def people_of(site: Site, count: int) -> AsyncIterator[People]:
    """Sign people in."""
    people = People(site)
    try:
        await people.come_in(count)
        yield people
    finally:
        await people.leave()


# --- what each act costs --------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU of the server while some pages are open."""

    pages: int
    idle: float
    """CPU seconds a second."""

    click: float
    verdict: float
    """CPU seconds of one, with all that other pages do because of it."""

    click_seconds: float
    verdict_seconds: float
    """Median of how long one took."""


async def costs(site: Site, people: People) -> tuple[float, list[Cost]]:
    """Return the CPU seconds of a page, and what acts cost while pages are open."""
    actor = people.page(0)
    await actor.open(f"plate={KEY}")
    wells = iter(wells_of(actor, 0))
    for _ in range(3):  # what is done once is no cost of each
        seen = Seen()
        await judge(actor, KEY, await look_at(actor, KEY, next(wells), seen), seen)
    open_pages: list[RawPage] = []
    measured = []
    for level in LEVELS:
        while len(open_pages) < level:
            page = people.page(1 + len(open_pages))
            await page.open(f"plate={KEY}")
            open_pages.append(page)
        measured.append(await _cost(site, actor, wells, level))
    for page in open_pages:
        await page.close()
    before = site.cpu()
    for _ in range(ACTS):
        await actor.html(f"plate={KEY}")
    html = (site.cpu() - before) / ACTS
    await actor.close()
    errors = [error for page in (actor, *open_pages) for error in page.errors]
    if errors:
        raise PageError(f"{len(errors)} errors, such as {errors[0]}")
    return html, measured


async def _idle(site: Site) -> float:
    """Return CPU seconds a second, but of what is done once when it comes to rest."""
    shares = []
    for _ in range(5):
        start, before = time.perf_counter(), site.cpu()
        await asyncio.sleep(2 * SETTLE_SECONDS)
        shares.append((site.cpu() - before) / (time.perf_counter() - start))
    return crowd_report.median(shares)


async def _cost(site: Site, actor: RawPage, wells: Iterator[str], level: int) -> Cost:
    await asyncio.to_thread(site.calm, QUIET, QUIET_PATIENCE)
    idle = await _idle(site)
    seen = Seen()
    shown = []

    async def click() -> None:
        shown.append(await look_at(actor, KEY, next(wells), seen))

    async def decide() -> None:
        await judge(actor, KEY, shown.pop(), seen)

    async def mean(act: Any) -> float:
        start, before = time.perf_counter(), site.cpu()
        for _ in range(ACTS):
            await act()
            await asyncio.sleep(SETTLE_SECONDS / 2)
        await asyncio.sleep(SETTLE_SECONDS / 2)
        spent = site.cpu() - before - idle * (time.perf_counter() - start)
        return spent / ACTS

    return Cost(
        pages=level,
        idle=idle,
        click=await mean(click),
        verdict=await mean(decide),
        click_seconds=crowd_report.median(seen.seconds["click"]),
        verdict_seconds=crowd_report.median(seen.seconds["verdict"]),
    )


# --- the crowd ------------------------------------------------------------------------


async def crowd(
    site: Site, people: People, count: int, seconds: float
) -> dict[str, Any]:
    """Let everybody arrive and judge; return what came of it."""
    seen = Seen()
    start = time.perf_counter()
    until = start + ARRIVAL_SECONDS + seconds
    memory: list[float] = []
    steady: dict[str, float] = {}

    async def arrive(number: int) -> None:
        await asyncio.sleep(ARRIVAL_SECONDS * number / count)
        await review(people.page(number), KEY, number, until, seen)

    async def watch() -> None:
        """Ask for the least there is, and how much memory the server has."""
        page = people.page(0)
        while time.perf_counter() < until:
            asked = time.perf_counter()
            try:
                await page.get("health")
            except Exception as error:
                seen.errors.append(f"health: {error!r}")
            seen.took("health", time.perf_counter() - asked)
            memory.append(site.memory())
            await asyncio.sleep(0.2)

    async def late() -> None:
        """Note what all who have arrived cost together."""
        await asyncio.sleep(ARRIVAL_SECONDS)
        driver = psutil.Process()
        moment, cpu, acts = time.perf_counter(), site.cpu(), seen.acts
        own = sum(driver.cpu_times()[:2])
        await asyncio.sleep(max(0.0, until - time.perf_counter()))
        steady["seconds"] = time.perf_counter() - moment
        steady["cpu"] = site.cpu() - cpu
        steady["acts"] = seen.acts - acts
        steady["driver cpu"] = sum(driver.cpu_times()[:2]) - own

    async def others() -> None:
        """Upload and commit meanwhile, once everybody is there."""
        await asyncio.sleep(ARRIVAL_SECONDS + 5)
        with _noting(seen, "upload of 500 MB"):
            page = people.page(0)
            location = await page.upload(
                UPLOAD_BYTES, lambda _, size: bytes(size), purpose="plate"
            )
            await page.drop(location)
        with _noting(seen, "batch of corrections"):
            await commit_batch(people.page(1), KEY, seen)

    before = site.verdicts()
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=_chromium(), args=[*FLAGS]
        )

        async def browse(number: int) -> None:
            context = await browser.new_context()
            await context.add_cookies(people.cookies(number))
            await asyncio.sleep(ARRIVAL_SECONDS * number / count)
            page = await context.new_page()
            await review_in_browser(page, site.url, KEY, number, until, seen)
            await context.close()

        raw = range(count - BROWSERS)
        await asyncio.gather(
            *map(arrive, raw),
            *map(browse, range(count - BROWSERS, count)),
            watch(),
            late(),
            others(),
        )
        await browser.close()
    lost = set(seen.verdicts) - site.verdicts() - before
    return {
        "people": count,
        "browsers": BROWSERS,
        "seconds": seconds,
        "acts": seen.acts,
        "verdicts": len(seen.verdicts),
        "lost": len(lost),
        "errors": seen.errors,
        "memory": max(memory),
        "steady": steady,
        "waits": {
            what: crowd_report.spread(samples) for what, samples in seen.seconds.items()
        },
    }


@contextlib.contextmanager
def _noting(seen: Seen, what: str) -> Iterator[None]:
    """Note how long something took, or why it failed."""
    start = time.perf_counter()
    try:
        yield
    except Exception as error:
        seen.errors.append(f"{what}: {error!r}")
    else:
        seen.took(what, time.perf_counter() - start)


def _chromium() -> str:
    from shutil import which

    path = which("chromium") or which("chromium-browser") or which("google-chrome")
    if path is None:
        raise SystemExit("No Chromium here: `make chromium` installs it.")
    return path


# --- the program ----------------------------------------------------------------------


async def measure(site: Site, options: argparse.Namespace) -> dict[str, Any]:
    people_needed = max(options.people, 1 + max(LEVELS))
    say(f"signing {people_needed} people in")
    async with people_of(site, people_needed) as people:
        async with contextlib.AsyncExitStack() as opened:
            page = people.page(0)
            await page.open(f"plate={KEY}")
            opened.push_async_callback(page.close)
            say("waiting for the server to have nothing to do")
            # Previews and suspects are made once, by whoever comes first.
            await asyncio.to_thread(site.calm)
        say("measuring what acts cost")
        html, measured = (0.0, []) if options.no_costs else await costs(site, people)
        say("letting the crowd arrive")
        came = await crowd(site, people, options.people, options.seconds)
    return {"page": html, "costs": [vars_of(cost) for cost in measured], "crowd": came}


def vars_of(cost: Cost) -> dict[str, float]:
    return {name: getattr(cost, name) for name in cost.__slots__}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--people", type=int, default=50)
    parser.add_argument("--seconds", type=float, default=60.0, help="after all are in")
    parser.add_argument("--folder", type=Path, help="keeps plate and measurements")
    parser.add_argument("--json", type=Path, help="where the figures go")
    parser.add_argument("--page", type=Path, help="the load report to renew")
    parser.add_argument("--processes", type=int, default=1, help="behind nginx")
    parser.add_argument("--no-costs", action="store_true", help="only the crowd")
    options = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = options.folder or Path(
            stack.enter_context(tempfile.TemporaryDirectory())
        )
        folder.mkdir(exist_ok=True)
        prepare(folder, max(options.people, 1 + max(LEVELS)))
        about = crowd_report.about()
        run = stack.enter_context(fresh(folder))
        site = stack.enter_context(
            single_process(run)
            if options.processes == 1
            else several_processes(run, options.processes)
        )
        report = {**about, "processes": len(site.servers)}
        report |= asyncio.run(measure(site, options))
    text = crowd_report.in_words(report)
    print(text)
    if options.json:
        options.json.write_text(json.dumps(report, indent=1))
    if options.page:
        crowd_report.renew(options.page, report)
    good = (
        not report["crowd"]["errors"]
        and not report["crowd"]["lost"]
        and report["crowd"]["memory"] < MEMORY_MB
    )
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
