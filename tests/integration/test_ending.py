"""A server that is asked to end does so, whatever hangs in it."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts import LOCAL
from dashboard.threads import Pool
from hcs.deadline import is_over
from hcs.validation import validate
from tests import plates
from tests.integration.serving import PATIENCE, Served, service, surveyed, wait_for
from tests.integration.test_correction_batches import ANNA, KEY, staged_fields
from tests.integration.test_lifeline import group, leader
from tests.integration.test_tus import DATA, HalfRequest, offset_of

if TYPE_CHECKING:
    from dashboard.corrections.batch import Batch

HANGING = """
import sys, threading
from dashboard import compose
from dashboard.threads import Pool
made = compose.compose
def hanging(*arguments):
    service = made(*arguments)
    for pool in Pool:
        for _ in range(pool.threads):
            service.threads.submit(threading.Event().wait, pool)
    return service
compose.compose = hanging
from dashboard.cli import main
sys.exit(main(sys.argv[1:]))
"""
"""The program, with each of its threads at a share that does not answer."""


def started(server: subprocess.Popen[str]) -> str:
    """Return the address that a server says it is opened by."""
    assert server.stdout is not None
    return next(line.split()[1] for line in server.stdout if line.startswith("Open "))


def options(folder: Path) -> list[str]:
    return ["--port", "0", "--no-token", "--workspace", str(folder / "workspace")]


def test_a_server_whose_workers_hang_ends_in_order_with_all_of_them(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY, rows=4, columns=6, fields=4)
    command = [sys.executable, "-u", "-m", "dashboard", str(plate), "--workers", "2"]
    with leader(*command, *options(tmp_path)) as server:
        # A page has its plate measured.
        with urllib.request.urlopen(started(server), timeout=60):  # noqa: S310 - of ours
            pass
        wait_for(lambda: len(group(server.pid)) >= 4, "for workers")
        for process in group(server.pid):
            if b"spawn_main" in Path(f"/proc/{process}/cmdline").read_bytes():
                os.kill(process, signal.SIGSTOP)
        server.terminate()
        assert server.wait(PATIENCE) == 0
        wait_for(lambda: not group(server.pid), "for the workers to end")


@pytest.mark.parametrize("signals", [pytest.param(1, marks=pytest.mark.full), 2])
def test_a_server_whose_threads_all_hang_ends_and_a_second_signal_ends_it_at_once(
    tmp_path: Path, signals: int
) -> None:
    plate = plates.make(tmp_path / KEY)
    command = [sys.executable, "-u", "-c", HANGING, str(plate)]
    with leader(*command, *options(tmp_path)) as server:
        started(server)
        server.terminate()
        if signals == 2:
            # Until a second one has come: two at once may be taken for one.
            def ended() -> bool:
                server.terminate()
                return server.poll() is not None

            wait_for(ended, "for the server to end")
        # A third one may come when Python has let go of its handlers already; a shell
        # tells both ends by the same number.
        by_signal = (128 + signal.SIGTERM, -signal.SIGTERM)
        assert server.wait(PATIENCE) in ((0,) if signals == 1 else by_signal)


def test_case_62_a_service_that_ends_in_a_batch_finishes_its_field_and_begins_no_other(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / "served" / KEY, fields=2)
    batches: list[Batch] = []

    def look(batch: Batch) -> None:
        batches.append(batch)
        if batch.committed:
            wait_for(is_over, "for the service to end")

    with service(tmp_path / "workspace", plate, settle_after=3600.0) as made:
        surveyed(made, KEY)
        places = [(f"{row}{column}", "0") for row in "AB" for column in (1, 2, 3)]
        ids = staged_fields(made, made.sessions.open(), *places)
        work = made.threads.submit(
            lambda: made.batches.commit_batch(
                ids, ANNA, "imaged again", LOCAL.subject, look, is_over
            ),
            Pool.CHANGES,
        )
        wait_for(lambda: batches and batches[-1].committed, "for a commit")
    batch = work.result(PATIENCE)
    states = [item.state for item in batch.items]
    assert "committed" in states
    assert set(states) == {"committed", "waiting"}
    assert not [problem for problem in validate(plate) if problem.severity == "error"]


LEAVING = """
import time
from concurrent.futures import ProcessPoolExecutor
from dashboard.ending import leave
from hcs.qc.run.spawning import WorkerContext
if __name__ == "__main__":
    pool = ProcessPoolExecutor(1, mp_context=WorkerContext())
    pool.submit(time.sleep, 0).result()
    pool.submit(time.sleep, 600)
    leave()
"""
"""A program that ends while a worker of it hangs."""


def test_who_leaves_working_pools_leaves_no_lock_of_theirs_behind(
    tmp_path: Path,
) -> None:
    program = tmp_path / "leaving.py"
    program.write_text(LEAVING)
    # What clears up after a program has its stderr, and is waited for by that.
    ended = subprocess.run(
        [sys.executable, str(program)], capture_output=True, timeout=PATIENCE
    )
    assert (ended.returncode, ended.stderr) == (0, b"")


class Remote(Served):
    """A server of another process, to which everybody may speak."""

    def __init__(self, address: str) -> None:
        self._cookie = ""
        self._port = int(address.rstrip("/").rpartition(":")[2])

    @property
    def port(self) -> int:
        return self._port


def test_an_upload_that_a_signal_cuts_off_is_gone_on_with_where_it_was(
    tmp_path: Path,
) -> None:
    plate = plates.make(tmp_path / KEY)
    command = [sys.executable, "-u", "-m", "dashboard", str(plate), "--no-measure"]
    staging = tmp_path / "workspace" / "staging"

    def received() -> int:
        return max(p.stat().st_size for p in staging.rglob("*") if p.is_file())

    with leader(*command, *options(tmp_path)) as server:
        served = Remote(started(server))
        location = served.announce("/uploads", len(DATA)).headers["Location"]
        with HalfRequest(served, location, 0, len(DATA)) as request:
            request.send(DATA[:600_000])
            wait_for(lambda: received() >= 300_000, "for some of it")
            server.terminate()
            assert server.wait(PATIENCE) == 0
    with leader(*command, *options(tmp_path)) as server:
        served = Remote(started(server))
        offset = offset_of(served, location)
        assert 300_000 <= offset < len(DATA)
        answer = served.add_bytes(location, offset, DATA[offset:])
        assert answer.headers["Upload-Offset"] == str(len(DATA))
    assert DATA in [p.read_bytes() for p in staging.rglob("*") if p.is_file()]


LED = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
signal.signal(signal.SIGHUP, signal.SIG_DFL)
os.execv(sys.executable, [sys.executable, "-u", "-m", "dashboard", *sys.argv[1:]])
"""
"""The program, at a terminal of its own. Where tests are started by ``nohup``, what
they start ignores its end, too."""


def test_a_server_whose_terminal_is_closed_ends_in_order(tmp_path: Path) -> None:
    plate = plates.make(tmp_path / KEY)
    ours, its = pty.openpty()
    command = [sys.executable, "-c", LED, str(plate), *options(tmp_path)]
    with subprocess.Popen(
        command, stdin=its, stdout=its, stderr=its, start_new_session=True
    ) as server:
        os.close(its)
        said = b""
        # With the end of the line, which is written apart, and last.
        while b"Stop with Ctrl+C.\r\n" not in said:
            said += os.read(ours, 4096)
        os.close(ours)
        assert server.wait(PATIENCE) == 0


def test_a_server_that_is_to_outlive_its_terminal_does_so(tmp_path: Path) -> None:
    plate = plates.make(tmp_path / KEY)
    command = ["nohup", sys.executable, "-u", "-m", "dashboard", str(plate)]
    with leader(*command, *options(tmp_path)) as server:
        address = started(server)
        server.send_signal(signal.SIGHUP)
        assert Remote(address).get("/health").status == 200
        server.terminate()
        assert server.wait(PATIENCE) == 0
