"""What docs/deploying.md says is what works: each of its blocks is run."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shlex
import shutil
import ssl
import subprocess
import sys
from pathlib import Path

import pytest

from dashboard.accounts import Entrance
from dashboard.app import ServerSettings, free_port
from tests import plates
from tests.browser.nginx import program, running
from tests.integration.serving import Served, service

_ROOT = Path(__file__).parents[2]


def blocks(language: str) -> list[str]:
    """Return the blocks of the document in a language."""
    text = (_ROOT / "docs" / "deploying.md").read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def block(language: str, start: str) -> str:
    """Return the block of the document that begins with a line."""
    (matching,) = [text for text in blocks(language) if text.startswith(start)]
    return matching


def test_systemd_takes_the_units(tmp_path):
    verify = shutil.which("systemd-analyze")
    if verify is None:
        pytest.skip("no systemd-analyze here: install the package `systemd`")
    executable = Path(sys.executable).with_name("hcs-dashboard")
    units = {
        "hcs-dashboard.service": "[Unit]\nDescription=Quality control",
        "hcs-backup.service": "[Unit]\nDescription=Backup of what was decided on "
        "plates\n\n[Service]",
        "hcs-backup.timer": "[Unit]\nDescription=Backup of what was decided on "
        "plates, every night",
    }
    for name, start in units.items():
        text = block("ini", start)
        text = text.replace("/opt/hcs/bin/hcs-dashboard", str(executable))
        (tmp_path / name).write_text(text)
    done = subprocess.run(
        [verify, "verify", *(str(tmp_path / name) for name in units)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    ours = [line for line in done.stderr.splitlines() if "hcs-" in line]
    assert not ours, done.stderr
    timed = subprocess.run(
        [verify, "calendar", "*-*-* 02:30"], capture_output=True, text=True
    )
    assert timed.returncode == 0
    assert "OnCalendar=*-*-* 02:30\n" in (tmp_path / "hcs-backup.timer").read_text()


def test_every_command_of_ours_on_the_page_is_one_that_is_understood():
    from dashboard.cli import _parser

    lines = [
        line
        for language in ("text", "sh", "ini")
        for text in blocks(language)
        for line in text.splitlines()
        if "hcs-dashboard " in line and "buildah" not in line and "podman" not in line
    ]
    assert len(lines) > 6
    for line in lines:
        words = shlex.split(line.rpartition("hcs-dashboard ")[2])
        # A parser ends the program where it does not understand.
        assert _parser().parse_args(words).run is not None


def test_the_settings_file_is_one_that_serve_takes(tmp_path):
    from dashboard.cli import _parser

    path = tmp_path / "hcs.toml"
    path.touch(mode=0o600)
    path.write_text(block("toml", "# The server of a facility"))
    parser, words = _parser(), ["serve", "--config", str(path)]
    options = parser.parse_args(words)
    options.before(options)
    options = parser.parse_args(words)
    assert options.plates == ["/plates"]
    assert options.prefix == "/hcs"
    assert options.origin == ["screens.example"]
    assert options.metrics == ("127.0.0.1", 9106)


def certificate(folder: Path) -> tuple[Path, Path]:
    """Return a certificate for the documented name, signed by itself, and its key."""
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("no openssl here: install the package `openssl`")
    paths = folder / "screens.pem", folder / "screens.key"
    subprocess.run(
        [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt",
         "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
         "-subj", "/CN=screens.example",
         "-addext", "subjectAltName=DNS:screens.example",
         "-out", str(paths[0]), "-keyout", str(paths[1])],
        check=True, capture_output=True,
    )  # fmt: skip
    return paths


def test_the_server_answers_through_the_documented_proxy(tmp_path):
    plates.make(tmp_path / "plates" / "one.ome.zarr")
    chain, key = certificate(tmp_path)
    listen = free_port("127.0.0.1", 0)
    settings = ServerSettings(
        port=0, prefix="/hcs", origins=(f"screens.example:{listen}",)
    )
    with (
        service(tmp_path / "workspace", tmp_path / "plates", measure=False) as made,
        Served(made, settings, Entrance().identify) as served,
    ):
        text = (
            block("nginx", "# TLS in front")
            .replace("127.0.0.1:5006", f"127.0.0.1:{served.port}")
            .replace("listen 443", f"listen 127.0.0.1:{listen}")
            .replace("/etc/ssl/certs/screens.pem", str(chain))
            .replace("/etc/ssl/private/screens.key", str(key))
        )
        context = ssl.create_default_context(cafile=str(chain))

        def ask(path: str, host: str = f"screens.example:{listen}", **more: str):
            connection = http.client.HTTPSConnection(
                "127.0.0.1", listen, context=context, timeout=60
            )
            # The certificate is for the name, the test has but the number.
            context.check_hostname = False
            with contextlib.closing(connection):
                connection.request("GET", path, headers={"Host": host, **more})
                answer = connection.getresponse()
                return answer.status, answer.read()

        with running(tmp_path, listen, text):
            status, body = ask("/hcs/ready")
            assert (status, json.loads(body)["ready"]) == (200, True)
            status, body = ask("/hcs/")
            assert status == 200
            assert b"one.ome.zarr" in body
            status, body = ask("/hcs/", host="other.example")
            assert status == 421
            upgrade = {
                "Connection": "Upgrade", "Upgrade": "websocket",
                "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x" * 22 + "==",
                "Origin": f"https://screens.example:{listen}",
            }  # fmt: skip
            # Bokeh refuses a websocket without a page's token, by name: it was reached.
            assert ask("/hcs/ws", **upgrade)[0] in (101, 403)


def test_nginx_takes_several_processes(tmp_path):
    text = block("nginx", "# Several processes")
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(
        f"pid {tmp_path}/nginx.pid; error_log {tmp_path}/error.log;\n"
        f"events {{}}\nhttp {{ access_log off; {text} }}\n"
    )
    done = subprocess.run(
        [program(), "-t", "-p", str(tmp_path), "-c", str(configuration)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
