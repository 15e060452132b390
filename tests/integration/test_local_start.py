"""The local start: a printed line, a cookie, and `hcs-dashboard link`."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts.running import running
from dashboard.app import ServerSettings, free_port
from dashboard.cli import main
from dashboard.commands.local import local_start
from dashboard.errors import DashboardError
from tests import plates
from tests.integration.serving import Served, service, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.service import Service


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.ome.zarr", fields=1)


def link(
    capsys: pytest.CaptureFixture[str], workspace: Path, *more: str
) -> tuple[int, list[str], str]:
    capsys.readouterr()
    code = main(["link", "--workspace", str(workspace), *more])
    said = capsys.readouterr()
    return code, said.out.splitlines(), said.err


def test_a_new_line_lets_its_owner_into_each_server_of_a_workspace(
    plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    settings = ServerSettings(port=0)
    with (
        service(workspace, plate, measure=False) as made,
        Served(made, settings) as first,
        service(workspace, plate, measure=False) as also,
        Served(also, settings) as second,
    ):
        code, lines, _ = link(capsys, workspace)
        assert code == 0
        starts = {line.partition("?token=")[0] for line in lines}
        assert starts == {f"Open {server.url}/" for server in (first, second)}
        code, lines, _ = link(capsys, workspace, "--port", str(second.port))
        (line,) = lines
        path = line.removeprefix(f"Open {second.url}")
        assert first.get(path, Cookie="").status == 403
        assert second.get(path, Cookie="").status == 303
        assert second.get(path, Cookie="").status == 403
        for file in (workspace / "servers").iterdir():
            assert stat.S_IMODE(file.stat().st_mode) == 0o600
        # Cookies ignore ports, so the other server is sent it as well.
        sent = first.sent_by_pages["Cookie"]
        assert second.get("/static/js/bokeh.min.js", Cookie=sent).status == 403
    assert running(workspace) == []
    code, lines, error = link(capsys, workspace)
    assert (code, lines) == (1, [])
    assert "No server of yours that asks for a token" in error
    assert str(workspace) in error


def test_a_server_that_starts_anew_signs_nobody_out(
    plate: Path, tmp_path: Path
) -> None:
    port = free_port("127.0.0.1", 0)
    settings = ServerSettings(port=port)
    with service(tmp_path / "w", plate, measure=False) as made:
        with Served(made, settings) as before:
            sent = before.sent_by_pages["Cookie"]
        wait_for(lambda: _cookies(made), "for the cookie's digest")
        assert sent.partition("=")[2] not in str(_cookies(made))
    with (
        service(tmp_path / "w", plate, measure=False) as again,
        Served(again, settings) as after,
    ):
        assert after.get("/static/js/bokeh.min.js", Cookie=sent).status == 200
        name, _, value = sent.partition("=")
        changed = f"{name}={'y' if value[0] == 'x' else 'x'}{value[1:]}"
        assert after.get("/static/js/bokeh.min.js", Cookie=changed).status == 403


def _cookies(made: Service) -> object:
    from sqlalchemy import text

    with made.storage.engine.connect() as connection:
        rows = connection.execute(text("select name, value from settings")).all()
    return [row for row in rows if row[0].startswith("signed-in:")]


def test_without_a_token_everybody_comes_in_and_that_is_said(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate, measure=False) as made:
        with local_start(made, ServerSettings(port=5006), no_token=True) as start:
            assert start.line == "Open http://127.0.0.1:5006/"
            assert "everybody on this machine" in start.note
        settings = ServerSettings(port=5006, address="0.0.0.0")  # noqa: S104
        with (
            pytest.raises(DashboardError, match="--no-token"),
            local_start(made, settings, no_token=True),
        ):
            pass


@pytest.mark.parametrize("origin", ["*", "*.lab.example", "lab.example:*"])
def test_a_server_of_every_name_is_refused_in_words(
    plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], origin: str
) -> None:
    command = ["serve", str(plate), "--port", "0", "--workspace", str(tmp_path / "w")]
    assert main([*command, "--origin", origin]) == 1
    assert "must be named" in capsys.readouterr().err.replace("\n", " ")
