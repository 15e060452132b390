"""A real nginx in front of the dashboard, set up as docs/sign-in.md says."""

from __future__ import annotations

import getpass
import os
import re
import shutil
import socket
import subprocess
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.serving import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_CONFIGURATION = """
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
{user}
events {{}}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    {text}
}}
"""

_SERVER = """
    upstream hcs {{ server {upstream}; }}
    {maps}
    server {{
        listen 127.0.0.1:{port};
        {location}
    }}
"""

_PATIENCE = 120.0


def documented(title: str, page: str = "sign-in.md") -> str:
    """Return the block of a page of the documentation that begins with a comment."""
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    blocks = re.findall(r"^```nginx\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    (block,) = [block for block in blocks if block.startswith(f"# {title}")]
    return block


def program() -> str:
    """Return nginx; skip the test where there is none."""
    path = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if path is None:
        pytest.skip("no nginx here: install the package `nginx-light`")
    return path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def running(folder: Path, port: int, text: str) -> Iterator[None]:
    """Run nginx with what stands in ``http``, of which something listens at a port."""
    folder.mkdir(exist_ok=True)
    configuration = folder / "nginx.conf"
    # As root it would else hand requests to an account that opens nothing here.
    user = f"user {getpass.getuser()};" if os.geteuid() == 0 else ""
    configuration.write_text(_CONFIGURATION.format(folder=folder, user=user, text=text))
    process = subprocess.Popen(
        [program(), "-p", str(folder), "-c", str(configuration)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(process, port)
        yield
    finally:
        process.terminate()
        process.communicate(timeout=_PATIENCE)


@contextmanager
def proxied(
    folder: Path, port: int, upstream: str, location: str, maps: str = ""
) -> Iterator[None]:
    """Run nginx at a port, in front of ``host:port`` or ``unix:PATH``."""
    text = _SERVER.format(
        upstream=upstream,
        maps=documented("Beside") + maps,
        port=port,
        location=location.replace("htpasswd", f"{folder}/htpasswd"),
    )
    with running(folder, port, text):
        yield


def several(port: int, upstreams: Sequence[int]) -> str:
    """Return what docs/deploying.md puts before several processes, without TLS.

    Parameters
    ----------
    port
        That nginx listens at.
    upstreams
        Ports of the processes.
    """
    head, rest = documented("Several processes", "deploying.md").split("    server ", 1)
    servers = "".join(f"    server 127.0.0.1:{number};\n" for number in upstreams)
    upstream = f"{head}{servers}}}\n"
    assert rest.count("server") == 1  # that of the second process
    text = documented("TLS in front", "deploying.md")
    text = re.sub(r"^upstream hcs .*\n", lambda _: upstream, text, flags=re.MULTILINE)
    text = re.sub(r"^ *ssl_certificate.*\n", "", text, flags=re.MULTILINE)
    text = text.replace("listen 443 ssl;", f"listen 127.0.0.1:{port};")
    cookie = documented("In the location", "deploying.md")
    return text.replace("location /hcs/ {\n", f"location /hcs/ {{\n{cookie}")


def _wait_for(process: subprocess.Popen[str], port: int) -> None:
    end = time.monotonic() + _PATIENCE
    while True:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        if process.poll() is not None or time.monotonic() > end:
            said = process.communicate()[1] if process.poll() is not None else ""
            raise AssertionError(f"nginx did not start: {said}")
        time.sleep(0.02)
