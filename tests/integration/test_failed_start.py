"""What a server says that cannot start: to people a line, else a document."""

from __future__ import annotations

import json
import socket
import sys
from pathlib import Path

import pytest

from dashboard import compose
from dashboard.cli import main
from tests import plates

pytestmark = pytest.mark.usefixtures("plain_log")

AS_JSON = ("--log-format", "json")


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1)


def documents(text: str) -> list[dict[str, str]]:
    return [json.loads(line) for line in text.splitlines()]


def ended(capsys: pytest.CaptureFixture[str], *arguments: object) -> dict[str, str]:
    """Return the one document that a server says which cannot start."""
    with pytest.raises(SystemExit) as end:
        sys.exit(main(["serve", *map(str, arguments)]))
    assert end.value.code in (1, 2)
    said = capsys.readouterr()
    assert said.out == ""
    (document,) = documents(said.err)
    assert document["level"] == "ERROR"
    return document


def logged(workspace: Path) -> str:
    return (workspace / "logs" / "dashboard.log").read_text()


def test_a_start_that_fails_is_one_document_and_stands_in_the_log_of_the_day(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace = tmp_path / "w"
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        words = (plate, "--port", port, "--workspace", workspace, *AS_JSON)
        document = ended(capsys, *words)
    assert f"Port {port}" in document["message"]
    assert documents(logged(workspace)) == [document]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ((), "no plate given"),
        (("--prot", "1"), "--prot"),
        (("--port", "many"), "--port"),
        (("x", "--address", "0.0.0.0"), "no sign-in"),  # noqa: S104 - refused
        (("nowhere",), "nowhere"),
    ],
)
def test_words_that_cannot_be_meant_are_one_document(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    words: tuple[str, ...],
    message: str,
) -> None:
    document = ended(capsys, *words, "--workspace", tmp_path / "w", *AS_JSON)
    assert message in document["message"]


def test_a_workspace_that_is_a_file_is_one_document(
    tmp_path: Path, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "file").write_text("")
    document = ended(capsys, plate, "--workspace", tmp_path / "file", *AS_JSON)
    assert "cannot be written" in document["message"]


@pytest.mark.parametrize(
    ("text", "words", "message"),
    [
        ("[serve]\nlog_format = 'json'\nprot = 1", (), "has no 'prot'"),
        ("[serve]\nlog-format = 'json'\nport = 'many'", (), "cannot be 'many'"),
        ("[serve]\nlog_format = 'json'\n[odic]", (), "no table 'odic'"),
        ("[serve", AS_JSON, "is no TOML"),
    ],
)
def test_settings_that_cannot_be_used_are_one_document(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    text: str,
    words: tuple[str, ...],
    message: str,
) -> None:
    path = tmp_path / "hcs.toml"
    path.touch(mode=0o600)
    path.write_text(text)
    document = ended(capsys, "--config", path, *words)
    assert message in document["message"]


def test_a_fault_of_the_program_is_one_document_with_its_traceback(
    tmp_path: Path,
    plate: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(compose, "compose", None)
    words = (plate, "--workspace", tmp_path / "w", *AS_JSON)
    document = ended(capsys, *words)
    assert "fault of the program" in document["message"]
    assert "Traceback" in document["error"]


def test_people_read_a_line_of_what_the_log_has_as_an_error(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["nowhere", "--workspace", str(tmp_path / "w")]) == 1
    said = capsys.readouterr().err
    assert said.startswith("hcs-dashboard: ")
    assert "nowhere" in said
    assert "ERROR dashboard: " in logged(tmp_path / "w")


def test_a_demo_plate_whose_making_was_cut_short_is_made_anew(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "demo" / "demo.ome.zarr"
    plates.make(broken, rows=1, columns=1)
    words = ["serve", "--demo", "--workspace", str(tmp_path), "--address", "192.0.2.7"]
    assert main(words) == 1  # and not for its plate
    assert "no sign-in" in capsys.readouterr().err
    assert (broken / "H" / "12").is_dir()
    assert broken.with_name("demo.truth.json").is_file()
    before = broken.stat().st_ino
    assert main(words) == 1
    assert "Making" not in capsys.readouterr().out
    assert broken.stat().st_ino == before
