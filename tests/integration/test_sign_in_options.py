"""Options that would let anybody in, or show a secret, are refused before serving."""

from __future__ import annotations

import argparse
import socket
from pathlib import Path

import pytest

from dashboard.cli import main
from dashboard.commands.serve import _settings
from dashboard.commands.sign_in import _line
from dashboard.web.admission import Capacity
from dashboard.web.origins import Origins
from tests import plates

PROVIDER = ("--oidc-issuer", "https://id.example", "--oidc-client-id", "hcs")
URL = "postgresql+psycopg://hcs:hush@127.0.0.1:1/x"


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HCS_OIDC_CLIENT_SECRET", "HCS_PROXY_SECRET", "HCS_DATABASE_URL"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def plate(tmp_path: Path) -> str:
    return str(plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1, shape=(8, 8)))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--address", "0.0.0.0"), "there is no sign-in"),  # noqa: S104
        (("--user-header", "X-User"), "would believe everybody"),
        (("--role-header", "X-Roles"), "needs --user-header"),
        (("--users", "nowhere.json"), "user add NAME --users nowhere.json"),
        (("--address", "::"), "there is no sign-in"),
        (("--oidc-issuer", "https://id.example"), "needs --oidc-client-id"),
        (("--oidc-client-id", "hcs"), "must be an https address"),
        (("--oidc-issuer", "http://id.example", "--oidc-client-id", "x"), "https"),
        ((*PROVIDER, "--no-token"), "--no-token lets everybody in"),
        (("--socket", "hcs.sock"), "--socket needs a sign-in"),
        ((*PROVIDER, "--socket", "/nowhere/hcs.sock"), "cannot be made"),
        ((*PROVIDER, "--socket", "."), "is no socket"),
        (("--config", "nowhere.toml"), "cannot be read"),
        (("--database", URL), "has a password in it"),
    ],
    ids=lambda part: " ".join(part) if isinstance(part, tuple) else "",
)
def test_what_would_let_anybody_in_is_refused_at_the_start(
    plate, tmp_path, capsys, options, words
) -> None:
    given = [plate, "--port", "0", "--workspace", str(tmp_path / "ws"), *options]
    assert main(given) == 1
    said = capsys.readouterr().err
    assert words in said
    assert "hush" not in said


@pytest.mark.skipif(not socket.has_ipv6, reason="this Python has no IPv6")
def test_a_server_at_an_address_with_colons_is_known_by_it_in_brackets() -> None:
    given = {"address": "::1", "port": 0, "prefix": "", "origin": []}
    given |= {"socket": None, "metrics": None, "design": False}
    settings = _settings(
        argparse.Namespace(
            **given, max_pages=None, max_pages_person=3, max_connections=None
        )
    )
    assert settings.capacity == Capacity(person_pages=3)
    origins = Origins(settings.port, settings.origins)
    assert origins.reason_against_host(f"[::1]:{settings.port}") == ""
    assert origins.reason_against_host(f"[::2]:{settings.port}")
    assert _line(settings, "/hcs") == f"Open http://[::1]:{settings.port}/hcs/"


@pytest.mark.parametrize(
    "command",
    ["measure", "decisions export", "project export", "relink", "reopen", "wells"],
)
def test_no_command_takes_a_password_of_the_database(
    plate, tmp_path, capsys, command
) -> None:
    words = command.split()
    given = [*words, plate, str(tmp_path / "out.csv")][: 2 + len(words)]
    if command in ("measure", "relink", "reopen"):
        given = given[:-1]
    assert main([*given, "--database", URL]) == 1
    said = capsys.readouterr().err
    assert "has a password in it" in said
    assert "hush" not in said


@pytest.mark.parametrize("where", ["file", "environment"])
def test_the_address_of_a_database_with_a_password_is_shown_without_it(
    plate, tmp_path, capsys, monkeypatch, where
) -> None:
    config = tmp_path / "hcs.toml"
    config.touch(mode=0o600)
    if where == "file":
        config.write_text(f'[database]\nurl = "{URL}"\n')
    else:
        monkeypatch.setenv("HCS_DATABASE_URL", URL)
    given = [plate, "--workspace", str(tmp_path / "ws"), "--config", str(config)]
    assert main(given) == 1
    said = capsys.readouterr().err
    assert "hcs:***@127.0.0.1" in said
    assert "hush" not in said


def test_a_socket_that_a_server_listens_at_is_not_taken_from_it(tmp_path) -> None:
    import socket

    from dashboard.errors import DashboardError
    from dashboard.web.unix_socket import UnixSocket

    path = tmp_path / "hcs.sock"
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(path))
        listening.listen()
        with pytest.raises(DashboardError, match="listens there already"):
            UnixSocket(path=path)._refuse_taken()
    # What a server left behind that was killed is no hindrance.
    UnixSocket(path=path)._refuse_taken()
