"""What scripts get of commands and library: JSON, log lines, ``python -m``."""

from __future__ import annotations

import json
import logging
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import tifffile

import hcs
from hcs import work as work_module
from hcs.cli import main
from hcs.qc import measure_plate
from hcs.work import Work
from tests import plates
from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    """Return a plate with one corrected field."""
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=2, name="screen")
    with hcs.HCSPlateWriter(
        path, overwrite=False, grace=0, who=hcs.Who("Ada")
    ) as writer:
        image = plates.multiscales(1, 1)
        writer.write_well_image(image, "A", "2", reason="blurred \x1b[2J")
    return path


@pytest.fixture
def export(tmp_path: Path) -> Path:
    folder = tmp_path / "export"
    folder.mkdir()
    for well in ("A01", "A02"):
        image = plates.field_array(0, 0, 0, channels=1)[0]
        tifffile.imwrite(folder / f"{well}_s1_w1.tif", image)
    return folder


PATTERN = r"(?P<well>[A-H]\d\d)_s(?P<field>\d)_w(?P<channel>\d)"


def documented(command: str) -> set[str]:
    """Return the keys that the document names for a command."""
    text = (ROOT / "docs" / "results.md").read_text()
    (row,) = re.findall(rf"^\| `hcs {command}` \| (.*) \|$", text, re.MULTILINE)
    return set(re.findall(r"`(\w+)`", row.partition(": of each")[0])) - {"yes"}


def printed(
    capsys: pytest.CaptureFixture[str], *arguments: object
) -> tuple[dict[str, Any], int]:
    code = main([*map(str, arguments)])
    return json.loads(capsys.readouterr().out), code


@pytest.mark.parametrize("command", ["info", "validate", "history", "purge"])
def test_what_is_read_is_printed_as_json_with_documented_keys(
    command: str, plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, code = printed(capsys, command, plate, "--json")
    assert code == 0
    assert set(content) == documented(command)


def test_an_import_is_reported_as_json(
    export: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = [
        "import",
        export,
        tmp_path / "new.zarr",
        "--pattern",
        PATTERN,
        "--json",
    ]
    planned, _ = printed(capsys, *arguments, "--dry-run")
    assert set(planned) == documented("import")
    assert planned["state"] == "planned"
    assert planned["found"]["wells"] == 2
    assert not (tmp_path / "new.zarr").exists()
    written, _ = printed(capsys, *arguments)
    assert written["state"] == "written"


def test_what_files_correct_is_printed_as_json(
    plate: Path, export: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = ("correct", plate, export, "--reason", "again", "--json", "--dry-run")
    content, code = printed(capsys, *arguments)
    assert code == 0
    assert set(content) == documented("correct")
    assert [row["well"] for row in content["rows"]] == ["A1", "A2"]


def test_a_history_as_json_says_who_changed_what_and_why(
    plate: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content, _ = printed(capsys, "history", plate, "--json")
    first, second = content["fields"]
    assert (first["well"], first["path"], first["field"]) == ("A1", "A/1", "0")
    assert [event["action"] for event in second["versions"]] == ["write", "correct"]
    event = second["versions"][-1]
    assert event["id"] == second["live"]
    assert (event["who"], event["why"]) == ("Ada", "blurred \x1b[2J")
    assert event["supersedes"] == second["versions"][0]["id"]
    of_well, _ = printed(capsys, "history", plate, "A02", "--json")
    assert of_well["fields"] == [second]
    broken, code = printed(capsys, "validate", plate, "--json")
    assert code == 0
    assert broken["location"] == str(plate)


def test_all_gaps_are_in_the_json_of_a_plate(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gaps = [{"well": "A/1", "field": str(field)} for field in range(1, 30)]
    path = plates.make(tmp_path / "p.zarr", annotations={"gaps": gaps})
    content, _ = printed(capsys, "info", path, "--json")
    assert content["gaps"]["count"] == 29
    assert content["gaps"]["entries"] == gaps


@pytest.mark.parametrize(
    ("module", "command"), [("hcs", "--version"), ("dashboard", "--version")]
)
def test_the_commands_run_as_modules(module: str, command: str) -> None:
    run = subprocess.run(
        [sys.executable, "-m", module, command],
        capture_output=True,
        text=True,
        cwd=ROOT,
    )
    assert run.returncode == 0, run.stderr
    assert hcs.__version__ in run.stdout


# --- logging -------------------------------------------------------------------------

LONG_WORK: dict[str, tuple[str, Callable[[Path, Path, Path], object]]] = {
    "write": (
        "hcs.writing.writer",
        lambda plate, folder, _: plates.make(folder / "q.zarr"),
    ),
    "convert": (
        "hcs.writing.copying.convert",
        lambda plate, folder, _: hcs.to_hcs_zarr(
            hcs.from_hcs_zarr(plate), folder / "q.zarr", version="0.4"
        ),
    ),
    "pack": (
        "hcs.writing.pack",
        lambda plate, folder, _: hcs.pack(plate, folder / "q.ozx"),
    ),
    "measure": (
        "hcs.qc.run.measure",
        lambda plate, folder, _: list(measure_plate(plate, metrics=["mean"])),
    ),
    "validate": ("hcs.validation", lambda plate, folder, _: hcs.validate(plate)),
    "import": (
        "hcs.ingest.importing",
        lambda _, folder, export: hcs.import_plate(
            export, folder / "q.zarr", preset="regex", pattern=PATTERN
        ),
    ),
    "settle": (
        "hcs.writing.versions.settle",
        lambda plate, folder, _: corrected_and_settled(plate),
    ),
}


def corrected_and_settled(path: Path) -> None:
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("A1").fields[0].version
    staged = hcs.stage_field(path, "A/1", "0", plates.multiscales(2, 2), base=base)
    staged.commit(who=hcs.Who("Ada"), reason="blurred")
    assert not hcs.settle(path, now=True)


@pytest.mark.parametrize("name", LONG_WORK)
def test_long_work_says_that_it_begins_and_how_it_ended(
    name: str,
    plate: Path,
    export: Path,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    logger, act = LONG_WORK[name]
    caplog.set_level(logging.INFO, logger="hcs")
    act(plate, tmp_path, export)
    lines = [
        record.getMessage()
        for record in caplog.records
        if record.name == logger and record.levelno == logging.INFO
    ]
    assert len(lines) >= 2
    assert lines[-1].startswith(lines[-2].removesuffix("."))
    assert re.search(r"done.* in \d+\.\d s\.$", lines[-1])


def test_work_that_fails_says_so_and_work_that_is_left_too(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO, logger="hcs")
    with pytest.raises(ValueError, match="full"):
        with Work(logging.getLogger("hcs.test"), "Copying a to b") as work:
            work(3, 9)
            raise ValueError("the disk is full")
    assert re.search(
        r"failed \(3 of 9\) after .* the disk is full", caplog.messages[-1]
    )
    results = measure_plate(plates.make(tmp_path / "p.zarr"), metrics=["mean"])
    next(results)
    results.close()
    assert re.search(r"left \(1 of 6\) after", caplog.messages[-1])


def test_how_far_work_is_is_said_from_time_to_time(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    caplog.set_level(logging.INFO, logger="hcs")
    steps: list[tuple[int, int | None]] = []
    monkeypatch.setattr(work_module, "_SECONDS_BETWEEN", 0.0)
    with Work(
        logging.getLogger("hcs.test"), "Packing", lambda *step: steps.append(step)
    ) as work:
        work(1, 2)
        work(2, 2)
    assert caplog.messages[1:3] == ["Packing: 1 of 2.", "Packing: 2 of 2."]
    assert steps == [(1, 2), (2, 2)]


def test_the_library_leaves_handlers_to_programs() -> None:
    script = (
        "import logging, hcs, hcs.writing.pack, hcs.validation\n"
        "known = logging.root.manager.loggerDict\n"
        "names = [name for name in known if name.split('.')[0] == 'hcs']\n"
        "assert 'hcs.writing.pack' in names\n"
        "assert not any(logging.getLogger(name).handlers for name in ['hcs', *names])\n"
        "assert not logging.root.handlers\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, cwd=ROOT
    )
    assert run.returncode == 0, run.stderr


@pytest.mark.parametrize("verbose", [False, True])
def test_a_command_says_what_it_does_where_asked_to(
    verbose: bool, plate: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words: Sequence[str] = ["pack", str(plate), str(tmp_path / "q\x1b[2J.ozx")]
    assert main([*words, *["--verbose"] * verbose]) == 0
    said = capsys.readouterr().err
    assert ("Packing" in said) is verbose
    assert "\x1b" not in said
    assert not logging.getLogger("hcs").handlers
