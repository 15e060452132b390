"""The command line: what it prints, where, and the exit codes."""

from __future__ import annotations

import argparse
import csv
import json
import os
import pty
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

from hcs import HCSPlateWriter, Who, from_hcs_zarr, stage_field, validate
from hcs.cli import main, parser
from tests import plates

ROOT = Path(__file__).resolve().parents[2]
WHY = ("--reason", "the first was right")


class Result:
    """What one command did."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err


@pytest.fixture
def hcs(capsys: pytest.CaptureFixture[str]) -> Any:
    """Return a function that runs a command in this process."""

    def run(*arguments: object) -> Result:
        try:
            code = main([str(argument) for argument in arguments])
        except SystemExit as stop:
            code = int(stop.code or 0)
        out, err = capsys.readouterr()
        return Result(code, out, err)

    return run


def in_process(*arguments: object, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "hcs.cli", *map(str, arguments)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
        **options,
    )


def correct(path: Path, well: str = "A/1", field: str = "0", shift: int = 1) -> None:
    """Replace a field by a brighter one."""
    with from_hcs_zarr(path) as plate:
        live = plate.well(well).field(field)
        data = np.asarray(live.image().images[0].data) + shift
        base = live.version
    staged = stage_field(path, well, field, plates.multiscales(data=data), base=base)
    staged.commit(who=Who("Ada", "typed"), reason="re-imaged")


# -- usage and errors ------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        (),
        ("frobnicate",),
        ("info",),
        ("info", "a", "b"),
        ("measure", "p"),
        ("convert", "p", "q"),
        ("measure", "p", "-o", "x.csv", "--workers", "-1"),
        ("measure", "p", "-o", "x.csv", "--workers", "1", "--scheduler", "tcp://x"),
        ("import", "s", "p", "--preset", "harmony"),
        ("import", "s", "p", "--preset", "regex"),
        ("import", "s", "p", "--sheet", "Plate"),
        ("import", "s", "p", "--preset", "phenix", "--pattern", "x"),
    ],
    ids=" ".join,
)
def test_wrong_usage_is_one_line_and_exits_with_2(hcs: Any, arguments: Any) -> None:
    done = hcs(*arguments)
    assert done.code == 2
    assert done.out == ""
    assert len(done.err.splitlines()) == 1
    assert "--help" in done.err


@pytest.mark.parametrize(
    "arguments",
    [
        ("info", "{}/nothing"),
        ("validate", "{}/nothing"),
        ("info", "{}"),
        ("history", "{}/nothing"),
        ("pack", "{}/nothing", "{}/x.ozx"),
        ("unpack", "{}/nothing.ozx", "{}/x"),
        ("convert", "{}/nothing", "{}/x", "--version", "0.6"),
        ("measure", "{}/nothing", "-o", "{}/x.csv"),
        ("measure", "{}/nothing", "-o", "{}/x.xlsx"),
        ("revert", "{}/nothing", "A1", "0", "--reason", "x"),
        ("purge", "{}/nothing"),
        ("settle", "{}/nothing"),
        ("recover", "{}/nothing"),
        ("recover", "{}/file"),
        ("pack", "{}/file", "{}/x.ozx"),
        ("import", "{}/empty.zip", "{}/x"),
        ("import", "{}/nothing", "{}/x"),
        ("demo", "{}/x", "--version", "0.9"),
        ("info", "ftp://host/plate"),
    ],
    ids=" ".join,
)
def test_a_failure_is_one_line_and_exits_with_1(
    hcs: Any, tmp_path: Path, arguments: tuple[str, ...]
) -> None:
    (tmp_path / "file").write_text("no plate")
    with zipfile.ZipFile(tmp_path / "empty.zip", "w"):
        pass
    done = hcs(*(part.format(tmp_path) for part in arguments))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["empty.zip", "file"]
    assert (done.code, done.out) == (1, "")
    assert len(done.err.splitlines()) == 1
    assert done.err.startswith(f"hcs {arguments[0]}: ")
    assert "Traceback" not in done.err


def test_help_and_version_exit_with_0(hcs: Any) -> None:
    assert hcs("--help").code == 0
    assert "hcs 0" in hcs("--version").out


@pytest.mark.parametrize(
    "command",
    [
        "import info validate measure pack unpack convert history revert correct "
        "purge recover settle demo"
    ],
)
def test_every_command_of_the_design_is_there(hcs: Any, command: str) -> None:
    for name in command.split():
        assert hcs(name, "--help").code == 0


# -- info ------------------------------------------------------------------------------


def info(hcs: Any, path: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads(hcs("info", path, "--json").out)
    return content


def test_info_says_what_a_plate_is(hcs: Any, tmp_path: Path) -> None:
    conditions = {"columns": ["dose"], "wells": {"A/1": [1.5], "B/2": [3]}}
    gaps = [{"well": "B/3", "field": "1"}]
    path = plates.make(
        tmp_path / "p.ome.zarr",
        fields=2,
        acquisitions=[0, 7],
        annotations={"conditions": conditions, "gaps": gaps},
    )
    shutil.rmtree(path / "B" / "3")
    done = hcs("info", path)
    assert (done.code, done.err) == (0, "")
    for text in (
        "test",
        "(written in the plate)",
        "OME-Zarr 0.5, directory",
        "2 rows x 3 columns (6 wells)",
        "6 listed, 5 present, 1 missing: B3",
        "20 (4 per well)",
        "7 'run 7'",
        "2 x 32 x 40 uint16",
        "y 0.5 micrometer, x 0.5 micrometer",
        "0  DNA  4169E1",
        "dose (2 wells)",
        "1: B3 field 1",
    ):
        assert text in done.out


def test_info_as_json_holds_the_same(hcs: Any, tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ozx", version="0.6")
    content = info(hcs, path)
    assert content["store"] == "archive"
    assert content["version"] == "0.6"
    assert content["wells"] == {
        "listed": 6,
        "present": 6,
        "missing": [],
        "unreadable": [],
    }
    assert content["fields"]["total"] == 6
    assert content["image"]["shape"] == [2, 32, 40]
    assert content["image"]["dtype"] == "uint16"
    assert [channel["name"] for channel in content["channels"]] == ["DNA", "GFP"]
    assert content["acquisitions"] is None


def test_info_counts_corrections_and_says_what_is_not_settled(
    hcs: Any, plate_path: Path
) -> None:
    correct(plate_path)
    content = info(hcs, plate_path)
    assert content["history"]["corrections"] == 1
    (unsettled,) = content["unsettled"]
    assert (unsettled["well"], unsettled["field"]) == ("A1", "0")
    assert "Unsettled" in hcs("info", plate_path).out


def test_an_unreadable_well_is_named_and_the_rest_is_told(
    hcs: Any, plate_path: Path
) -> None:
    (plate_path / "A/2/zarr.json").write_bytes(b"{")
    done = hcs("info", plate_path)
    assert done.code == 1
    assert "A2 cannot be read" in done.out
    assert "10 (2 per well)" in done.out


def test_names_from_files_cannot_command_the_terminal(hcs: Any, tmp_path: Path) -> None:
    evil = "\x1b]0;owned\x07\u202e\nname"
    path = plates.make(tmp_path / "p.ome.zarr", name=evil)
    for command in ("info", "validate", "history"):
        out = hcs(command, path).out
        assert not {"\x1b", "\x07", "\u202e"} & set(out)
    assert info(hcs, path)["name"] == evil


# -- validate --------------------------------------------------------------------------


def test_validate_of_a_sound_plate_exits_with_0(hcs: Any, plate_path: Path) -> None:
    done = hcs("validate", plate_path)
    assert done.code == 0
    assert "0 errors" in done.out or "no problems" in done.out


def test_validate_exits_with_1_on_errors_and_groups_equal_ones(
    hcs: Any, plate_path: Path
) -> None:
    for well in ("A/1", "A/2", "A/3", "B/1", "B/2"):
        shutil.rmtree(plate_path / well / "0")
    done = hcs("validate", plate_path)
    assert done.code == 1
    lines = done.out.splitlines()
    assert lines[0].startswith("ERROR    image-missing  5 times")
    assert lines[2].strip() == "at A/1/0, A/2/0, A/3/0 and 2 more"
    assert "5 errors" in lines[-1]


def test_validate_as_json_holds_every_problem(hcs: Any, plate_path: Path) -> None:
    for well in ("A/1", "A/2", "A/3", "B/1", "B/2"):
        shutil.rmtree(plate_path / well / "0")
    done = hcs("validate", plate_path, "--json")
    assert done.code == 1
    problems = json.loads(done.out)["problems"]
    assert [
        problem["location"]
        for problem in problems
        if problem["rule"] == "image-missing"
    ] == [f"{well}/0" for well in ("A/1", "A/2", "A/3", "B/1", "B/2")]
    assert set(problems[0]) == {"rule", "severity", "location", "message", "clause"}


def test_validate_decodes_pixels_on_request(hcs: Any, plate_path: Path) -> None:
    chunk = next(
        path for path in (plate_path / "A/1/0/0/c").rglob("*") if path.is_file()
    )
    chunk.write_bytes(b"cut")
    assert hcs("validate", plate_path).code == 0
    done = hcs("validate", plate_path, "--pixels")
    assert done.code == 1
    assert "pixels-broken" in done.out


# -- from one form into another --------------------------------------------------------


def test_pack_and_unpack_keep_the_plate(
    hcs: Any, plate_path: Path, tmp_path: Path
) -> None:
    archive, back = tmp_path / "p.ozx", tmp_path / "back.ome.zarr"
    assert hcs("pack", plate_path, archive).code == 0
    done = hcs("pack", plate_path, archive)
    assert done.code == 1
    assert "exists" in done.err
    assert hcs("pack", plate_path, archive, "--overwrite").code == 0
    assert [problem for problem in validate(archive) if problem.clause == "RFC-9"] == []
    assert hcs("unpack", archive, back).code == 0
    with from_hcs_zarr(plate_path) as old, from_hcs_zarr(back) as new:
        assert new.id == old.id
        assert new.metadata == old.metadata


@pytest.mark.parametrize("version", ["0.4", "0.6"])
def test_convert_writes_another_version(
    hcs: Any, plate_path: Path, tmp_path: Path, version: str
) -> None:
    out = tmp_path / "out.ome.zarr"
    done = hcs("convert", plate_path, out, "--version", version)
    assert (done.code, done.err) == (0, "")
    assert info(hcs, out)["version"] == version
    assert "--overwrite" in hcs("convert", plate_path, out, "--version", version).err
    onto_itself = hcs("convert", plate_path, plate_path, "--version", "0.5")
    assert onto_itself.code == 1
    assert "is the plate that is to be copied" in onto_itself.err
    again = ("convert", plate_path, out, "--version", version, "--overwrite")
    assert hcs(*again, "--drop-history").code == 0
    assert info(hcs, out)["id"] != info(hcs, plate_path)["id"]
    (folder := tmp_path / "other").mkdir()
    (folder / "notes.txt").write_text("mine")
    done = hcs("convert", plate_path, folder, "--version", version, "--overwrite")
    assert (done.code, [path.name for path in folder.iterdir()]) == (1, ["notes.txt"])
    with from_hcs_zarr(out) as plate:
        image = plate.well("B02").field("1").image()
        pixel = image.images[0].data[0, 0, 0]
    assert plates.identity(pixel) == plates.Identity(row=1, column=1, field=1)
    assert hcs("convert", plate_path, out, "--version", version).code == 1


def test_demo_makes_a_plate_and_its_truth(hcs: Any, tmp_path: Path) -> None:
    path = tmp_path / "demo.ome.zarr"
    size = ("--rows", 2, "--columns", 3, "--fields", 1)
    done = hcs("demo", path, *size, "--version", "0.6")
    assert (done.code, done.err) == (0, "")
    assert (tmp_path / "demo.truth.json").is_file()
    assert hcs("validate", path).code == 0
    assert info(hcs, path)["version"] == "0.6"


# -- versions --------------------------------------------------------------------------


def test_history_and_revert(hcs: Any, plate_path: Path) -> None:
    correct(plate_path)
    done = hcs("history", plate_path, "a01")
    assert done.code == 0
    lines = [line for line in done.out.splitlines() if "re-imaged" in line]
    assert len(lines) == 1
    assert "Ada (typed)" in lines[0]
    assert "live" in lines[0]
    assert hcs("revert", plate_path, "A1", "0", "--reason", "the old one").code == 0
    with from_hcs_zarr(plate_path) as plate:
        pixel = plate.well("A1").field("0").image().images[0].data[0, 0, 0]
    assert plates.identity(pixel) == plates.Identity()
    last = hcs("history", plate_path, "A1").out
    assert "revert" in last
    assert "the old one" in last


def test_revert_goes_to_a_version_by_the_beginning_of_its_id(
    hcs: Any, plate_path: Path
) -> None:
    first = from_hcs_zarr(plate_path).well("A1").field("0").version
    correct(plate_path)
    correct(plate_path, shift=5)
    assert hcs("revert", plate_path, "A1", "0", "--to", first[:6], *WHY).code == 0
    with from_hcs_zarr(plate_path) as plate:
        assert plate.well("A1").field("0").version == first


def test_revert_without_a_reason_is_refused_and_changes_nothing(
    hcs: Any, plate_path: Path
) -> None:
    correct(plate_path)
    live = from_hcs_zarr(plate_path).well("A1").field("0").version
    done = hcs("revert", plate_path, "A1", "0")
    assert (done.code, "--reason" in done.err) == (2, True)
    done = hcs("revert", plate_path, "A1", "0", "--reason", " ")
    assert (done.code, "say why" in done.err) == (2, True)
    assert from_hcs_zarr(plate_path).well("A1").field("0").version == live


def test_revert_without_another_version_is_an_error(hcs: Any, plate_path: Path) -> None:
    done = hcs("revert", plate_path, "A1", "0", *WHY)
    assert done.code == 1
    assert "no other version" in done.err
    done = hcs("revert", plate_path, "A1", "0", "--to", "zzz", *WHY)
    assert "Version zzz of field '0' of well A/1 is unknown" in done.err
    assert hcs("revert", plate_path, "H12", "0", *WHY).code == 1
    assert hcs("revert", plate_path, "A1", "9", *WHY).code == 1


def test_settle_recover_and_purge(hcs: Any, plate_path: Path) -> None:
    correct(plate_path)
    correct(plate_path, shift=5)
    waiting = hcs("settle", plate_path)
    assert "not settled yet" in waiting.out
    assert waiting.code == 3
    settled = hcs("settle", plate_path, "--now")
    assert (settled.out, settled.code) == ("All fields are settled.\n", 0)
    assert info(hcs, plate_path)["unsettled"] == []
    assert hcs("recover", plate_path).code == 0
    done = hcs("purge", plate_path)
    assert "Would remove 1 version" in done.out
    assert "--yes" in done.out
    assert "Removed 1 version" in hcs("purge", plate_path, "--yes").out
    assert "Nothing to remove. First versions stay" in hcs("purge", plate_path).out
    assert "Removed 1 v" in hcs("purge", plate_path, "--yes", "--originals").out
    listed = hcs("history", plate_path, "A1").out.splitlines()[1:]
    with from_hcs_zarr(plate_path) as plate:
        live = [field.version[:8] for field in plate.well("A1").fields]
    assert [line.split()[2] for line in listed if " live " in line] == live


def test_an_interrupted_command_says_what_it_leaves_and_goes_on(
    hcs: Any, tmp_path: Path, plate_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As if somebody pressed Ctrl-C when the first fields were copied."""
    copied: list[str] = []

    def stop(name: str) -> None:
        if name == "copied":
            copied.append(name)
            if len(copied) == 3:
                raise KeyboardInterrupt

    target = tmp_path / "copy.zarr"
    with monkeypatch.context() as patched:
        patched.setattr("hcs.writing.targets.step.reached", stop)
        done = hcs("convert", plate_path, target, "--version", "0.4")
    assert done.code == 130
    assert len(done.err.splitlines()) == 1
    assert f"2 field(s) were written to {target} and stay" in done.err
    assert hcs("convert", plate_path, target, "--version", "0.4").code == 0
    assert hcs("validate", target).code == 0


# -- measure ---------------------------------------------------------------------------


def test_measure_writes_a_row_for_each_field_as_the_library_does(
    hcs: Any, tmp_path: Path, plate_path: Path
) -> None:
    out = tmp_path / "m.csv"
    ids = "mean,mean_intensity,percent_saturated"
    done = hcs("measure", plate_path, "-o", out, "--metrics", ids, "--clip", "GFP=4095")
    assert (done.code, done.err) == (0, "")
    assert "Clip level of GFP: 4095 (set by a person)" in done.out
    assert "Clip level of DNA: unknown" in done.out
    assert "Nuclear channel: DNA" in done.out
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 6 * 2
    assert rows[0]["Metadata_Well"] == "A01"
    assert float(rows[0]["ImageQuality_Mean_DNA"]) == plates.value()
    value = float(rows[0]["ImageQuality_MeanIntensity_GFP"])
    assert value == plates.value(channel=1) / 65535
    assert rows[0]["ImageQuality_PercentSaturated_DNA"] == ""
    assert float(rows[0]["ImageQuality_PercentSaturated_GFP"]) == 0
    assert "clip level is not known" in rows[0]["Metadata_NotComputable"]
    assert not list(tmp_path.glob(".*.part"))


def test_measure_writes_parquet(hcs: Any, tmp_path: Path, plate_path: Path) -> None:
    parquet = pytest.importorskip("pyarrow.parquet", reason="the extra 'parquet'")
    out = tmp_path / "m.parquet"
    assert hcs("measure", plate_path, "-o", out, "--metrics", "mean").code == 0
    table = parquet.read_table(out)
    assert table.num_rows == 12
    assert table.column("ImageQuality_Mean_DNA")[0].as_py() == plates.value()


def test_measure_refuses_a_channel_that_is_not_there(
    hcs: Any, tmp_path: Path, plate_path: Path
) -> None:
    done = hcs("measure", plate_path, "-o", tmp_path / "m.csv", "--nuclear", "DAPI")
    assert done.code == 1
    assert "no channel 'DAPI'; it has DNA, GFP" in done.err


def test_measure_goes_on_when_a_field_is_broken(
    hcs: Any, tmp_path: Path, plate_path: Path
) -> None:
    shutil.rmtree(plate_path / "A/2/0")
    done = hcs("measure", plate_path, "-o", tmp_path / "m.csv", "--metrics", "mean")
    assert done.code == 1
    assert "1 field could not be measured" in done.err
    assert "Measured 11 fields" in done.out


def test_measure_into_no_folder_fails_before_it_measures(
    hcs: Any, tmp_path: Path, plate_path: Path
) -> None:
    done = hcs("measure", plate_path, "-o", tmp_path / "no" / "m.csv")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1


# -- as a process ----------------------------------------------------------------------

HEAVY = {"zarr", "numpy", "scipy", "tifffile", "PIL", "imagecodecs", "obstore"}
HEAVY |= {"panel", "bokeh", "holoviews", "pandas", "dask", "distributed", "jsonschema"}


def test_each_command_is_in_the_module_that_its_name_loads() -> None:
    listed = list(_choices(parser()))
    for name in listed:
        assert name in _choices(parser(name)), name
        assert len(_choices(parser(name))) < len(listed), name


def _choices(top: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    (choices,) = (
        action.choices
        for action in top._actions
        if isinstance(action, argparse._SubParsersAction)
    )
    return dict(choices)


OTHERS = {"hcs.commands.correct", "hcs.commands.measure", "hcs.ingest", "hcs.qc"}
SLOW = {"logging", "csv", "statistics", "uuid"}  # of a command that takes 0.07 s


@pytest.mark.parametrize(
    ("arguments", "unneeded"),
    [
        ("['--help']", HEAVY | SLOW),
        ("['info', PATH]", HEAVY | SLOW | OTHERS),
        ("['validate', PATH]", HEAVY | OTHERS),
        ("['history', PATH]", HEAVY),
    ],
)
def test_commands_that_need_no_pixels_load_nothing_heavy(
    plate_path: Path, arguments: str, unneeded: set[str]
) -> None:
    code = (
        "import sys\n"
        "from hcs.cli import main\n"
        f"PATH = {str(plate_path)!r}\n"
        "try:\n"
        f"    main({arguments})\n"
        "except SystemExit:\n"
        "    pass\n"
        f"print(sorted({unneeded!r} & set(sys.modules)), file=sys.stderr)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=True,
        timeout=120,
    )
    assert done.stderr.strip().splitlines()[-1] == "[]"


def test_a_pipe_that_closes_early_is_no_traceback(plate_path: Path) -> None:
    command = f"{sys.executable} -m hcs.cli validate {plate_path} --json | head -c 10"
    done = subprocess.run(
        ["sh", "-c", command],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
        timeout=120,
    )
    assert done.stderr == ""


def test_an_ascii_terminal_is_no_traceback(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", name="Plätte")
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = in_process("info", path, env=environment)
    assert (done.returncode, done.stderr) == (0, "")
    assert "Pl?tte" in done.stdout


def test_long_commands_are_quiet_in_a_pipe(plate_path: Path, tmp_path: Path) -> None:
    done = in_process("convert", plate_path, tmp_path / "c.zarr", "--version", "0.6")
    assert done.stderr == ""
    assert len(done.stdout.splitlines()) == 1


def test_long_commands_show_a_bar_on_a_terminal(
    plate_path: Path, tmp_path: Path
) -> None:
    ours, theirs = pty.openpty()
    try:
        arguments = ["convert", plate_path, tmp_path / "c.zarr", "--version", "0.6"]
        subprocess.run(
            [sys.executable, "-m", "hcs.cli", *map(str, arguments)],
            stdout=subprocess.DEVNULL,
            stderr=theirs,
            cwd=ROOT,
            check=True,
            timeout=120,
        )
        shown = os.read(ours, 1 << 16).decode()
    finally:
        os.close(ours)
        os.close(theirs)
    assert "Converting [" in shown
    assert shown.endswith("\x1b[K")


# -- import ----------------------------------------------------------------------------


def test_import_says_what_it_found_and_did(
    hcs: Any, tmp_path: Path, shared_data: Path
) -> None:
    source = shared_data / "imagexpress_exported_9987" / "9987_Plate_3434"
    target = tmp_path / "p.ome.zarr"
    done = hcs("import", source, target, "--dry-run")
    assert done.code == 0
    assert "imagexpress" in done.out
    assert not target.exists()
    done = hcs("import", source, target, "--version", "0.4")
    assert (done.code, done.err) == (0, "")
    assert info(hcs, target)["version"] == "0.4"
    assert hcs("validate", target, "--pixels").code == 0


def test_one_of_several_plates_is_imported_by_its_name(
    hcs: Any, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    for number, name in enumerate(("P_A01", "Q_A02", "Q_B03")):
        plane = np.full((8, 8), number, "u2")
        tifffile.imwrite(tmp_path / "s" / f"{name}_s1_w1.TIF", plane)
    done = hcs("import", tmp_path / "s", tmp_path / "p")
    assert done.code == 1
    assert "holds 2 plates ('P', 'Q'); choose one of them (--plate NAME" in done.err
    assert not (tmp_path / "p").exists()
    done = hcs("import", tmp_path / "s", tmp_path / "p", "--plate", "Q")
    assert (done.code, done.err) == (0, "")
    assert info(hcs, tmp_path / "p")["name"] == "Q"
    assert "1 images of other plates were left aside: 'P'" in done.out
    with from_hcs_zarr(tmp_path / "p") as plate:
        assert [well.label for well in plate] == ["A02", "B03"]


def test_writer_and_command_line_agree_on_a_resumed_plate(
    hcs: Any, tmp_path: Path
) -> None:
    path = tmp_path / "p.ome.zarr"
    with HCSPlateWriter(path, plates.document(1, 2)) as writer:
        writer.write_well_image(plates.multiscales(), "A", "1")
    done = hcs("info", path)
    assert "2 listed, 1 present, 1 missing: A2" in done.out
    assert hcs("validate", path).code == 0


@pytest.mark.parametrize(
    "pattern",
    [
        "--W{*}--{well}--{channel}.tif",
        r"--W\d+--(?P<well>[A-H]\d+)--(?P<channel>\w+)\.",
    ],
)
def test_a_pattern_may_begin_with_dashes(
    hcs: Any, tmp_path: Path, pattern: str
) -> None:
    (tmp_path / "s").mkdir()
    for channel in ("GFP", "RFP"):
        plane = np.zeros((8, 8), "u2")
        tifffile.imwrite(tmp_path / "s" / f"--W00014--B02--{channel}.tif", plane)
    done = hcs("import", tmp_path / "s", tmp_path / "p", f"--pattern={pattern}")
    assert (done.code, done.err) == (0, "")
    assert "1 wells x 1 fields x 2 channels x 1 z x 1 t: 2 planes" in done.out
    assert "s: " + ("pattern" if "{" in pattern else "regex") + ", because" in done.out


def test_a_pattern_that_is_taken_for_an_option_says_how_to_write_it(hcs: Any) -> None:
    done = hcs("import", "s", "p", "--pattern", "--W{well}.tif")
    assert done.code == 2
    assert "begins with a dash is written --option=-value" in done.err


def test_a_wrong_pattern_is_one_line_that_names_the_place(
    hcs: Any, tmp_path: Path
) -> None:
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "B02_1.tif").touch()
    done = hcs("import", tmp_path / "s", tmp_path / "p", "--pattern", "{well}_{site}")
    assert done.code == 1
    assert len(done.err.splitlines()) == 1
    assert "wrong at character 8: 'site' is no part of a name" in done.err


@pytest.fixture
def cytation(tmp_path: Path) -> Path:
    """Return a folder of images as a Cytation is said to name them."""
    folder = tmp_path / "s"
    folder.mkdir()
    for well in ("A1", "B2", "B10"):
        for number, channel in ((1, "DAPI"), (2, "Phase Contrast")):
            name = f"{well}_01_{number}_1_{channel}_001.tif"
            tifffile.imwrite(folder / name, np.zeros((8, 8), "u2"))
    return folder


def test_a_dry_run_proposes_patterns_and_only_a_given_one_imports(
    hcs: Any, tmp_path: Path, cytation: Path
) -> None:
    for options in ((), ("--dry-run",)):
        done = hcs("import", cytation, tmp_path / "p", *options)
        assert done.code == 1
        assert len(done.err.splitlines()) == 1
        assert (
            "could be read by --pattern '{well}_{*}_{*}_{field}_{channel}" in done.err
        )
        assert not (tmp_path / "p").exists()
    pattern = "{well}_{*}_{*}_{field}_{channel}_{t}.tif"
    assert f"--pattern '{pattern}'" in done.out
    assert "gives 3 wells x 1 field x 2 channels, as Agilent Cytation" in done.out
    assert "_1_1_DAPI_001.tif: A01, field 1, channel DAPI, t 001" in done.out
    done = hcs("import", cytation, tmp_path / "p", "--pattern", pattern)
    assert done.code == 0
    with from_hcs_zarr(tmp_path / "p") as plate:
        assert sorted(well.path for well in plate.wells) == ["A/1", "B/10", "B/2"]


def test_proposals_are_there_for_programs_too(
    hcs: Any, tmp_path: Path, cytation: Path
) -> None:
    done = hcs("import", cytation, tmp_path / "p", "--dry-run", "--json")
    first = json.loads(done.out)["proposals"][0]
    assert first["pattern"] == "{well}_{*}_{*}_{field}_{channel}_{t}.tif"
    assert (first["wells"], first["counts"], first["unmatched_count"]) == (
        3,
        "3 wells x 1 field x 2 channels",
        0,
    )
