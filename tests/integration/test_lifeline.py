"""Children end with their server, however that ended and whatever they are doing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from hcs.qc.run.workers import process_pool
from tests import plates
from tests.integration.serving import wait_for

STUCK = "import re; re.match('(a+)+b', 'a' * 60)"
"""It holds Python's lock, so that no thread of its process runs any more."""

PARENTS = {
    "a pool": """
        import sys
        from hcs.qc.run.workers import process_pool
        if __name__ == "__main__":
            pool = process_pool(2)
            tasks = [pool.submit(exec, sys.argv[1]) for _ in range(2)]
            pids = list(pool._processes)
    """,
    "a child": """
        import subprocess, sys
        from hcs.lifeline import Child
        program = "from hcs.lifeline import end_with_parent; end_with_parent();"
        program += "print(flush=True);" + sys.argv[1]
        child = Child([sys.executable, "-c", program], stdout=subprocess.PIPE)
        child.stdout.readline()
        pids = [child.pid]
    """,
    "a trial of an expression": """
        import sys, threading
        from hcs.ingest.expression import check_time
        names = ["b", "a" * 60]
        threading.Thread(target=check_time, args=("(a+)+b", names)).start()
        pids = []
        while not pids:
            for task in os.listdir("/proc/self/task"):
                pids += open(f"/proc/self/task/{task}/children").read().split()
    """,
}


def group(leader: int) -> list[int]:
    """Return the living processes of a process group."""
    members = []
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            state, _, its_group = (
                (folder / "stat").read_text().rpartition(")")[2].split()[:3]
            )
            if int(its_group) == leader and state != "Z":
                members.append(int(folder.name))
    return members


@contextlib.contextmanager
def leader(*command: str) -> Iterator[subprocess.Popen[str]]:
    """Start a process as the first of a group; nothing of it stays after the test."""
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as process:
        try:
            yield process
        finally:
            for pid in group(process.pid):
                os.kill(pid, 9)


@pytest.mark.parametrize("kind", PARENTS)
def test_stuck_children_end_with_a_parent_that_is_killed(
    tmp_path: Path, kind: str
) -> None:
    """Their parent prints their number once they are at work, and waits."""
    lines = [line[8:] for line in PARENTS[kind].splitlines()]
    indent = "    " if "__main__" in PARENTS[kind] else ""
    program = tmp_path / "parent.py"
    program.write_text(
        "import os, time\n"
        + "\n".join(lines)
        + f"\n{indent}print(len(pids), flush=True)\n{indent}time.sleep(600)\n"
    )
    with leader(sys.executable, str(program), STUCK) as parent:
        assert parent.stdout is not None
        assert int(parent.stdout.readline()) > 0
        assert len(group(parent.pid)) > 1
        parent.kill()
        parent.wait()
        wait_for(lambda: not group(parent.pid), f"for {kind} to end")


def test_a_server_that_is_killed_while_it_measures_leaves_no_process(
    tmp_path: Path,
) -> None:
    plates.make(tmp_path / "plate.ome.zarr", rows=4, columns=6, fields=4)
    command = [
        sys.executable,
        "-u",
        "-m",
        "dashboard",
        str(tmp_path / "plate.ome.zarr"),
    ]
    options = ["--port", "0", "--no-token", "--workers", "2", "--workspace"]
    with leader(*command, *options, str(tmp_path / "workspace")) as server:
        assert server.stdout is not None
        address = next(
            line.split()[1] for line in server.stdout if line.startswith("Open ")
        )
        # A page has its plate measured.
        with urllib.request.urlopen(address, timeout=60):  # noqa: S310 - of ours
            pass
        # Its own process, two workers and what follows their shared memory.
        wait_for(lambda: len(group(server.pid)) >= 4, "for workers")
        server.kill()
        server.wait()
        wait_for(lambda: not group(server.pid), "for the workers to end")


def test_a_worker_has_no_secret_of_its_server_in_its_environment_or_command(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The address of a plate reaches it by a pipe that nobody else has."""
    secret = "s3cret"
    monkeypatch.setenv("HCS_DATABASE_URL", f"postgresql://hcs:{secret}@host/hcs")
    monkeypatch.setenv("HCS_PROXY_SECRET", secret)
    with process_pool(1) as pool:
        place = f"http://ada:{secret}@127.0.0.1:9/plate.ome.zarr"
        assert pool.submit(str, place).result(60) == place
        (worker,) = pool._processes
        for file in ("environ", "cmdline"):
            assert secret.encode() not in Path(f"/proc/{worker}/{file}").read_bytes()
        assert pool.submit(os.getenv, "HCS_DATABASE_URL").result(60) is None
    assert os.environ["HCS_PROXY_SECRET"] == secret
