"""What a crowd meets: a plate, people who may sign in, and a server for them."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import aiohttp
import psutil
from sqlalchemy import create_engine, delete, insert, select

from dashboard.accounts.users import add_user, write_users
from dashboard.storage.database import metadata, review_acts
from dashboard.storage.engine import open_database
from tests.benchmarks.cell_plates import make
from tests.benchmarks.raw_page import RawPage
from tests.browser.processes import processes
from tests.browser.serving import ROOT, Server
from tests.integration.postgres import postgres

if TYPE_CHECKING:
    from collections.abc import Iterator


ROWS, COLUMNS, FIELDS, CHANNELS, SIDE = 16, 24, 9, 4, 512
KEY = "crowd.ome.zarr"

_ROWS = 10_000
"""That are copied at a time."""


def person(number: int) -> str:
    return f"person {number:02}"


PASSWORD = "that of everybody"


def prepare(folder: Path, people: int) -> None:
    """Make plate, users and measurements, as far as they are not there already."""
    plate = folder / "plates" / KEY
    if not plate.exists():
        make(
            plate, ROWS, COLUMNS, fields=FIELDS, channels=CHANNELS, side=SIDE, levels=2
        )
    first = add_user({}, person(0), PASSWORD)
    everybody = (replace(first, name=person(number)) for number in range(people))
    write_users(folder / "users.json", {user.name: user for user in everybody})
    workspace = folder / "workspace"
    if not workspace.exists():
        say("measuring the plate")
        command = [sys.executable, "-m", "dashboard.cli", "measure", str(plate)]
        subprocess.run([*command, "--workspace", str(workspace)], cwd=ROOT, check=True)
    if not (folder / "drawn").exists():
        say("making previews")
        with single_process(folder) as site:
            asyncio.run(_draw_all(site))
        (folder / "drawn").touch()


async def _draw_all(site: Site) -> None:
    """Open a page until all pictures of the plate are made that are made ahead."""
    async with aiohttp.ClientSession(
        cookie_jar=aiohttp.CookieJar(unsafe=True)
    ) as client:
        page = RawPage(client, site.url)
        await page.sign_in(person(0), PASSWORD)
        await page.open(f"plate={KEY}")
        while True:
            progress = json.loads(await page.get(f"pixels/{KEY}/previews.json"))
            if progress["total"] and not progress["running"]:
                break
            await asyncio.sleep(1)
        await page.close()


def say(text: str) -> None:
    """Tell whoever waits what is being done."""
    print(text, file=sys.stderr, flush=True)


@dataclass(frozen=True, slots=True)
class Site:
    """A running server, of one process or several."""

    url: str
    """That people open, with a slash at its end."""

    servers: tuple[Server, ...]
    database: str

    @property
    def processes(self) -> list[psutil.Process]:
        return [psutil.Process(server.pid) for server in self.servers]

    def cpu(self) -> float:
        """Return the CPU seconds that the server's processes have taken so far."""
        return sum(
            times.user + times.system
            for times in (process.cpu_times() for process in self.processes)
        )

    def memory(self) -> float:
        """Return the resident memory of the largest process, in MB."""
        return max(process.memory_info().rss for process in self.processes) / 1e6

    def verdicts(self) -> set[str]:
        """Return the batches of all verdicts that are in the database."""
        engine = create_engine(self.database)
        query = select(review_acts.c.batch).where(review_acts.c.kind == "verdict")
        with engine.connect() as connection:
            batches = set(connection.execute(query).scalars())
        engine.dispose()
        return batches

    def calm(self, below: float = 0.3, patience: float = 900.0) -> None:
        """Wait until the server has nothing to do but to serve pages."""
        end = time.monotonic() + patience
        quiet = 0
        while quiet < 3 and time.monotonic() < end:
            before = self._cpu_of_all()
            time.sleep(1.0)
            quiet = quiet + 1 if self._cpu_of_all() - before < below else 0

    def _cpu_of_all(self) -> float:
        seconds = 0.0
        for process in self.processes:
            for member in (process, *process.children(recursive=True)):
                with contextlib.suppress(psutil.Error):
                    times = member.cpu_times()
                    seconds += times.user + times.system
        return seconds


@contextlib.contextmanager
def fresh(folder: Path) -> Iterator[Path]:
    """Yield a folder with what was prepared, for one run: nothing of it stays."""
    with tempfile.TemporaryDirectory(prefix="run-", dir=folder) as path:
        run = Path(path)
        # Files of plates and previews are replaced and never written anew, so those of
        # a run may be links.
        for name in ("plates", "workspace/previews"):
            shutil.copytree(folder / name, run / name, copy_function=os.link)
        shutil.copytree(
            folder / "workspace",
            run / "workspace",
            ignore=shutil.ignore_patterns("previews"),
            dirs_exist_ok=True,
        )
        shutil.copy2(folder / "users.json", run)
        yield run


@contextlib.contextmanager
def single_process(folder: Path) -> Iterator[Site]:
    """Serve the plate by one process that people reach directly."""
    workspace = folder / "workspace"
    server = Server(
        folder / "plates", "--users", folder / "users.json", workspace=workspace
    )
    try:
        yield Site(server.url, (server,), f"sqlite:///{workspace / 'workspace.sqlite'}")
    finally:
        server.stop()


@contextlib.contextmanager
def several_processes(folder: Path, count: int) -> Iterator[Site]:
    """Serve the plate by processes behind nginx, with one PostgreSQL."""
    with postgres() as database:
        say("copying what was measured into PostgreSQL")
        _copy(f"sqlite:///{folder / 'workspace' / 'workspace.sqlite'}", database)
        with processes(
            folder, folder / "plates", folder / "users.json", database, count
        ) as running:
            yield Site(running.url, running.servers, database)


def _copy(source: str, target: str) -> None:
    """Put all rows of one database in place of those of another."""
    read, write = create_engine(source), open_database(target)
    with read.connect() as reading, write.begin() as writing:
        for table in metadata.sorted_tables:
            writing.execute(delete(table))
            rows = reading.execution_options(yield_per=_ROWS).execute(select(table))
            for some in rows.mappings().partitions():
                writing.execute(insert(table), [dict(row) for row in some])
    read.dispose()
    write.dispose()
