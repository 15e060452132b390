"""Names as long as a file system takes work; longer ones are refused in words."""

from __future__ import annotations

import errno
from typing import TYPE_CHECKING

import pytest

import hcs
from hcs.cli import main
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Arguments = Callable[[Path, str], list[str]]

LONGEST = 255
PLATE_COMMANDS: dict[str, Arguments] = {
    "pack": lambda folder, name: ["pack", f"{folder}/p.zarr", f"{folder}/{name}.ozx"],
    "unpack": lambda folder, name: ["unpack", f"{folder}/p.ozx", f"{folder}/{name}"],
    "convert": lambda folder, name: [
        *("convert", f"{folder}/p.zarr", f"{folder}/{name}", "--version", "0.4")
    ],
    "convert to an archive": lambda folder, name: [
        *("convert", f"{folder}/p.zarr", f"{folder}/{name}.ozx", "--version", "0.5")
    ],
    "demo": lambda folder, name: [
        *("demo", f"{folder}/{name}", "--rows", "1", "--columns", "1", "--fields", "1")
    ],
    "measure": lambda folder, name: [
        *("measure", f"{folder}/p.zarr", "--metrics", "mean"),
        *("-o", f"{folder}/{name}.csv"),
    ],
    "import": lambda folder, name: ["import", f"{folder}/export", f"{folder}/{name}"],
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    plates.make(tmp_path / "p.ozx", rows=1, columns=1)
    (tmp_path / "export").mkdir()
    image = plates.field_array(0, 0, 0, channels=1)[0]
    write_tiff(tmp_path / "export" / "A01_s1_w1.tif", image)
    return tmp_path


def write_tiff(path: Path, image: object) -> None:
    import tifffile

    tifffile.imwrite(path, image)


def contents(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.mark.parametrize("arguments", PLATE_COMMANDS.values(), ids=PLATE_COMMANDS)
def test_a_name_that_is_too_long_is_refused_before_anything_is_done(
    arguments: Arguments, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(folder)
    assert main(arguments(folder, "x" * (LONGEST + 1))) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.count("\n") == 1
    assert "File name too long" in said.err
    assert f"at most 4095 and {LONGEST}" in said.err
    assert contents(folder) == before


@pytest.mark.parametrize("arguments", PLATE_COMMANDS.values(), ids=PLATE_COMMANDS)
def test_a_path_that_is_too_long_is_refused_in_words(
    arguments: Arguments, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = contents(folder)
    assert main(arguments(folder, "/".join(["x" * 200] * 22))) == 1
    assert "File name too long" in capsys.readouterr().err
    assert contents(folder) == before


@pytest.mark.parametrize("letter", ["x", "µ"])
@pytest.mark.parametrize(
    "command", [name for name in PLATE_COMMANDS if name not in ("demo", "import")]
)
def test_the_longest_name_that_a_file_system_takes_works(
    command: str, letter: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name = letter * ((LONGEST - len(".ozx")) // len(letter.encode()))
    before = contents(folder)
    assert main(PLATE_COMMANDS[command](folder, name)) == 0, capsys.readouterr().err
    new = {path.partition("/")[0] for path in contents(folder) - before}
    assert len(new) == 1, "and nothing else"


def test_a_demo_plate_whose_truth_has_no_room_is_refused_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", f"{tmp_path}/{'x' * LONGEST}"]) == 1
    assert ".truth.json" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_plate_of_the_longest_name_is_replaced_and_recovered(tmp_path: Path) -> None:
    path = tmp_path / ("x" * LONGEST)
    for version in ("0.4", "0.5"):
        plates.make(path, rows=1, columns=1, version=version)
    assert hcs.from_hcs_zarr(path).version == "0.5"
    with pytest.raises(KeyboardInterrupt):
        with hcs.HCSPlateWriter(path, plates.document(1, 1)) as writer:
            writer.write_well_image(plates.multiscales(), "A", "1")
            raise KeyboardInterrupt
    (finding,) = hcs.recover(path)
    assert finding.action == "kept", "the draft is known to be one of this plate"
    assert len(list(tmp_path.iterdir())) == 2


def test_the_limit_is_that_of_the_file_system(tmp_path: Path) -> None:
    with pytest.raises(OSError, match="too long") as raised:
        (tmp_path / ("x" * (LONGEST + 1))).touch()
    assert raised.value.errno == errno.ENAMETOOLONG
