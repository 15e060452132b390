"""Two processes behind a real nginx, with one real PostgreSQL: what crosses them."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import TYPE_CHECKING, Any

import aiohttp
import numpy as np
import pytest
from yarl import URL

from tests import plates
from tests.benchmarks.raw_batch import commit, stage, upload_files
from tests.benchmarks.raw_page import PATIENCE, PageError, RawPage
from tests.browser.processes import Processes, processes
from tests.integration.people import password_of, write_people
from tests.integration.postgres import postgres
from tests.integration.serving import tiff
from tests.integration.test_deploying import block

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
    from pathlib import Path

KEY = "p.ome.zarr"
SHAPE = (48, 48)
NAMES = ("ann", "ben", "cem", "dov", "eva", "fay")


@pytest.fixture(scope="module")
def plate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return plates.make(
        tmp_path_factory.mktemp("plates") / KEY,
        rows=2,
        columns=3,
        pixels="random",
        shape=SHAPE,
    )


@pytest.fixture(scope="module")
def running(
    tmp_path_factory: pytest.TempPathFactory, plate: Path
) -> Iterator[Processes]:
    folder = tmp_path_factory.mktemp("processes")
    users = write_people(folder / "users.json", *NAMES)
    with (
        postgres() as database,
        processes(folder, plate.parent, users, database) as made,
    ):
        yield made


@contextlib.asynccontextmanager
async def browser() -> AsyncIterator[aiohttp.ClientSession]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(cookie_jar=jar) as client:
        yield client


@contextlib.asynccontextmanager
async def page_of(url: str, name: str) -> AsyncIterator[RawPage]:
    """Sign somebody in and open the plate."""
    async with browser() as client:
        page = RawPage(client, url)
        await page.sign_in(name, password_of(name))
        await page.open(f"plate={KEY}")
        try:
            yield page
        finally:
            await page.close()
        assert not page.errors


async def until(client: aiohttp.ClientSession, address: str, status: int) -> None:
    """Ask until the answer has a status: another process hears of it in seconds."""
    async with asyncio.timeout(PATIENCE):
        while True:
            async with client.get(address) as answer:
                if answer.status == status:
                    return
            await asyncio.sleep(0.05)


def at(running: Processes, number: int) -> str:
    """Return the address of a process itself, past nginx."""
    return running.servers[number].url


def act(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    asyncio.run(work())


def test_who_signs_in_at_one_process_is_let_in_by_the_other_and_signed_out_by_both(
    running: Processes,
) -> None:
    async def work() -> None:
        async with browser() as client:
            first, second = (
                RawPage(client, at(running, process)) for process in (0, 1)
            )
            with pytest.raises(PageError, match="names no session"):
                await second.html(f"plate={KEY}")
            await first.sign_in("ann", password_of("ann"))
            await until(client, f"{at(running, 1)}visitor.json", 200)
            assert json.loads(await second.get("visitor.json"))["name"] == "ann"
            await second.html(f"plate={KEY}")
            cookies = {cookie.key: cookie.value for cookie in client.cookie_jar}
            await client.post(
                f"{at(running, 1)}sign-out", headers={"Origin": second.origin}
            )
            # The browser has forgotten its cookie, and whoever has a copy is out.
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as thief:
                for number in (1, 0):
                    address = f"{at(running, number)}visitor.json"
                    jar.update_cookies(cookies, URL(address))
                    await until(thief, address, 403)

    act(work)


def test_who_has_just_signed_in_at_one_process_is_not_asked_again_at_the_other(
    running: Processes,
) -> None:
    async def work() -> None:
        async with browser() as client, browser() as other:
            pages = [RawPage(client, at(running, process)) for process in (0, 1)]
            await pages[0].sign_in("ben", password_of("ben"))
            unknown = dict.fromkeys((cookie.key for cookie in client.cookie_jar), "x")

            async def keep_asking() -> None:
                # The gate looks no further for a while after what nobody knows.
                while True:
                    async with other.get(
                        f"{at(running, 1)}visitor.json", cookies=unknown
                    ) as answer:
                        assert answer.status == 403

            asking = asyncio.create_task(keep_asking())
            try:
                for _ in range(5):
                    await pages[0].sign_in("ann", password_of("ann"))
                    assert await pages[1].html(f"plate={KEY}")
            finally:
                asking.cancel()
                await asyncio.wait([asking])

    act(work)


def test_verdicts_and_who_is_here_cross_processes(running: Processes) -> None:
    async def work() -> None:
        async with (
            page_of(at(running, 0), "ann") as ann,
            page_of(at(running, 1), "ben") as ben,
        ):
            present = ben.expect(
                "presence__content",
                lambda shown: any(
                    other["who"] == "ann" and other["well"] == "B2"
                    for other in shown["others"]
                ),
            )
            judged = ben.expect(
                "verdict__since", lambda since: since["changed"].get("B2")
            )
            shown = await ann.click("B2")
            await ann.judge(KEY, "B2", shown["digest"], "fail")
            assert await ben.wait(present, "ann's place")
            assert (await ben.wait(judged, "ann's verdict"))[0] == "fail"

    act(work)


def test_a_correction_at_one_process_shows_at_the_other(running: Processes) -> None:
    rng = np.random.default_rng(0)
    files = {
        f"again_A1_s1_w{channel}.tif": tiff(
            rng.integers(0, 4000, SHAPE).astype("uint16")
        )
        for channel in (1, 2)
    }

    async def work() -> None:
        async with (
            page_of(at(running, 0), "ann") as ann,
            page_of(at(running, 1), "ben") as ben,
        ):
            shown = ben.expect("plate_map__plate", lambda map: map["corrected"])
            await commit(ann, await stage(ann, await upload_files(ann, KEY, files)))
            assert await ben.wait(shown, "the corrected well") == [0]

    act(work)


def test_a_browser_meets_the_process_of_its_page_through_nginx(
    running: Processes,
) -> None:
    async def work() -> None:
        for name in NAMES:
            # A websocket is only opened by the process that made the page, and an
            # upload is only known to the one that it began at.
            async with page_of(running.url, name) as page:
                await page.click("A1")
                location = await page.upload(
                    20_000_000, lambda _, size: bytes(size), purpose="plate"
                )
                await page.drop(location)

    act(work)


def test_processes_may_be_started_as_documented(tmp_path: Path) -> None:
    from dashboard.cli import _parser
    from dashboard.commands.database import database_of

    path = tmp_path / "hcs.toml"
    path.touch(mode=0o600)
    path.write_text(block("toml", "# What several processes share"))
    words = ["serve", "--config", str(path), "--port", "5007"]
    parser = _parser()
    options = parser.parse_args(words)
    options.before(options)
    options = parser.parse_args(words)
    assert options.port == 5007
    assert str(database_of(options)).startswith("postgresql+psycopg://")
