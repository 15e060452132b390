"""A real PostgreSQL on loopback, started for the tests as a user without rights."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

_PLAIN = ("postgres", "nobody")
"""Users to run it as where the tests run as root, which PostgreSQL refuses."""


def _programs() -> Path | None:
    program = shutil.which("initdb")
    if program:
        return Path(program).parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


def _user() -> str | None:
    """Return whom to become, None where the tests are nobody special."""
    if not hasattr(os, "geteuid") or os.geteuid() != 0:
        return None
    import pwd

    names = {entry.pw_name for entry in pwd.getpwall()}
    return next((name for name in _PLAIN if name in names), None)


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of an empty database, for SQLAlchemy."""
    pytest.importorskip("psycopg", reason="psycopg is not installed")
    programs = _programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here: install the package `postgresql`")
    user = _user()
    become = ["runuser", "-u", user, "--"] if user else []
    with tempfile.TemporaryDirectory(prefix="hcs-pg-") as name:
        folder = Path(name)
        if user:
            shutil.chown(folder, user)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        data = folder / "data"

        def run(*command: str) -> None:
            done = subprocess.run(
                [*become, *command], cwd=folder, capture_output=True, text=True
            )
            assert done.returncode == 0, done.stdout + done.stderr

        run(str(programs / "initdb"), "-D", str(data), "-U", "hcs", "-A", "trust", "-N")
        options = f"-h 127.0.0.1 -p {port} -k {folder} -c fsync=off"
        control = str(programs / "pg_ctl")
        log = str(folder / "log")
        run(control, "-D", str(data), "-l", log, "-o", options, "-w", "start")
        try:
            yield f"postgresql+psycopg://hcs@127.0.0.1:{port}/postgres"
        finally:
            run(control, "-D", str(data), "-m", "immediate", "stop")
