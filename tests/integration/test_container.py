"""The container: built by buildah on a base of Debian, served not as root, stopped."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from dashboard.app import free_port
from tests import plates
from tests.integration.serving import wait_for

# Making the images takes minutes, more on a busy machine.
pytestmark = [pytest.mark.full, pytest.mark.timeout(3600)]

_ROOT = Path(__file__).parents[2]
_UID = 10500
_DEBIAN = {(3, 11): "bookworm", (3, 13): "trixie"}
"""Releases whose Python is the one that a bundle made here is for."""


class Buildah:
    """The program with storage of its own, and no daemon."""

    def __init__(self, folder: Path) -> None:
        self._start = ["buildah", "--root", str(folder / "storage")]
        self._start += ["--runroot", str(folder / "run"), "--storage-driver", "vfs"]

    def command(self, *words: str) -> list[str]:
        return [*self._start, *words]

    def __call__(self, *words: str, text: str | None = None) -> str:
        """Run it and return what it says."""
        done = subprocess.run(
            self.command(*words), input=text, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
        return done.stdout.strip()


@pytest.fixture(scope="module")
def image(tmp_path_factory: pytest.TempPathFactory) -> Buildah:
    """Build the image as docs/deploying.md says, on a base made here."""
    for name in ("buildah", "mmdebstrap"):
        if shutil.which(name) is None:
            pytest.skip(f"no {name} here: install the package `{name}`")
    if os.geteuid() != 0:
        pytest.skip("images are built here as root only")
    release = _DEBIAN.get(sys.version_info[:2])
    if release is None:
        pytest.skip("no release of Debian has this Python")
    folder = tmp_path_factory.mktemp("container")
    buildah = Buildah(folder)
    base, bundle = folder / "base.tar", folder / "bundle"
    subprocess.run(
        ["mmdebstrap", "--quiet", "--variant=minbase", "--mode=root",
         "--include=python3-venv", release, str(base)],
        check=True,
    )  # fmt: skip
    subprocess.run([_ROOT / "scripts" / "bundle", sys.prefix, str(bundle)], check=True)
    container = buildah("from", "scratch")
    buildah("add", container, str(base), "/")
    buildah("commit", container, "localhost/base")
    buildah(
        "build", "--isolation", "chroot", "--format", "docker",
        "--build-arg", "BASE=localhost/base", "--tag", "hcs-dashboard", str(bundle),
    )  # fmt: skip
    return buildah


def offspring(pid: int) -> list[int]:
    """Return the processes below one; each of its threads may have begun some."""
    children = [
        int(child)
        for task in Path(f"/proc/{pid}/task").glob("*/children")
        for child in task.read_text().split()
    ]
    return [pid for child in children for pid in (child, *offspring(child))]


def test_a_container_serves_as_nobody_special_tells_its_health_and_ends_on_sigterm(
    image: Buildah, tmp_path: Path
) -> None:
    plates.make(tmp_path / "plates" / "one.ome.zarr")
    port = free_port("127.0.0.1", 0)
    settings, workspace = tmp_path / "etc", tmp_path / "workspace"
    for folder in (settings, workspace):
        folder.mkdir(mode=0o700)
    file = settings / "hcs.toml"
    file.touch(mode=0o600)
    file.write_text(
        f'[serve]\nplates = ["/plates"]\nworkspace = "/srv/hcs/workspace"\n'
        f'address = "0.0.0.0"\nport = {port}\nusers = "/etc/hcs/users.json"\n'
        f'origin = ["127.0.0.1:{port}"]\nno_measure = true\n'
    )
    for path in (settings, file, workspace):
        os.chown(path, _UID, _UID)
    for path in (tmp_path, *tmp_path.parents[:2]):
        path.chmod(0o755)
    container = image("from", "--pull-never", "localhost/hcs-dashboard")
    run = [
        "run", "--isolation", "chroot",
        "--env", f"HCS_HEALTH=http://127.0.0.1:{port}/health",
        "--volume", f"{tmp_path / 'plates'}:/plates:ro",
        "--volume", f"{settings}:/etc/hcs",
        "--volume", f"{workspace}:/srv/hcs/workspace",
        container, "--",
    ]  # fmt: skip
    described = json.loads(
        image("inspect", "--type", "image", "localhost/hcs-dashboard")
    )
    config = described["Docker"]["config"]
    assert config["User"] == f"{_UID}:{_UID}"
    assert config["StopSignal"] == "SIGTERM"
    assert "/srv/hcs/workspace" in config["Volumes"]
    add = ["hcs-dashboard", "user", "add", "ann", "--users", "/etc/hcs/users.json"]
    image(*run, *add, text="a long enough password\n")
    server = subprocess.Popen(
        image.command(*run, *config["Entrypoint"], *config["Cmd"]),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )

    def healthy() -> bool:
        assert server.poll() is None, server.stdout and server.stdout.read()
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health") as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    try:
        wait_for(healthy, "for the container")
        # What watches the container asks in it.
        image(*run, *config["Healthcheck"]["Test"][1:])
        (program,) = [
            pid
            for pid in offspring(server.pid)
            if b"hcs-dashboard\0serve" in Path(f"/proc/{pid}/cmdline").read_bytes()
            and Path(f"/proc/{pid}/exe").resolve().name.startswith("python")
        ]
        assert Path(f"/proc/{program}").stat().st_uid == _UID
        # As the server sees it, whatever lies behind its volume.
        database = Path(
            "/proc", str(program), "root", "srv/hcs/workspace/workspace.sqlite"
        )
        assert database.stat().st_uid == _UID
        os.kill(program, signal.SIGTERM)
        assert server.wait(60) == 0
    finally:
        server.kill()
        server.communicate()
