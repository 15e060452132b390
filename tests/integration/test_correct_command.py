"""``hcs correct``: image files replace a field of a plate, or channels of it."""

from __future__ import annotations

import json
import shutil
import signal
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import tifffile

import hcs
from hcs.cli import main
from hcs.writing.versions import staging
from tests import plates
from tests.faults import checks

if TYPE_CHECKING:
    from collections.abc import Callable

SHAPE = (30, 40)
NAMES = ["DNA", "GFP"]
WHY = ("--reason", "out of focus")


@pytest.fixture(params=["0.4", "0.5"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A plate with wells A1 and B2, whose fields s1 and s2 have values of their own."""
    path = tmp_path / "plate.zarr"
    with hcs.HCSPlateWriter(path, plates.document(), request.param) as writer:
        for row, column in (("A", "1"), ("B", "2")):
            for field in (0, 1):
                data = np.stack([np.full(SHAPE, 10 * field + c, "u2") for c in (1, 2)])
                image = hcs.to_ngff_image(
                    data,
                    dims=("c", "y", "x"),
                    scale={"y": 0.5, "x": 0.5},
                    axes_units={"y": "micrometer", "x": "micrometer"},
                    channel_names=NAMES,
                )
                writer.write_well_image(
                    image, row, column, field, label=f"s{field + 1}"
                )
    return path


@pytest.fixture
def run(path: Path, capsys: pytest.CaptureFixture[str]) -> Callable[..., Any]:
    def command(*arguments: object) -> tuple[int, str]:
        try:
            code = main(["correct", str(path), *map(str, arguments)])
        except SystemExit as stop:
            code = int(stop.code or 0)
        said = capsys.readouterr()
        return code, said.out + said.err

    return command


def _tiff(folder: Path, name: str, *values: int, **more: Any) -> Path:
    shape, dtype = more.pop("shape", SHAPE), more.pop("dtype", "u2")
    planes = [np.full(shape, value, dtype) for value in values]
    data = planes[0] if len(planes) == 1 else np.stack(planes)
    tifffile.imwrite(folder / name, data, photometric="minisblack", **more)
    return folder / name


def _values(path: Path, well: str, field: str) -> list[int]:
    with hcs.from_hcs_zarr(path) as plate:
        data = np.asarray(plate.well(well).field(field).image().images[0].data)
    return [int(np.unique(plane)[0]) for plane in data]


def test_names_tell_well_field_and_channel(
    path: Path, tmp_path: Path, run: Any
) -> None:
    file = _tiff(tmp_path, "plate_B02_s2_w2.tif", 77)
    code, said = run(file, *WHY, "--who", "Ada")
    assert code == 0, said
    assert "B2 field s2: 'GFP' replaced by plate_B02_s2_w2.tif" in said
    assert "'DNA' kept" in said
    assert _values(path, "B2", "s2") == [11, 77]
    assert _values(path, "B2", "s1") == [1, 2]
    event = hcs.history(path)["B/2", "1"][-1]
    assert (event.who, event.known, event.why) == ("Ada", "typed", "out of focus")
    assert event.source == file.name
    hcs.settle(path, now=True)
    checks.is_at_rest(path)
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well("B2").field("s2").image()
    assert (list(image.channel_names), image.pixel_size["x"]) == (NAMES, 0.5)


def test_options_tell_what_names_do_not(path: Path, tmp_path: Path, run: Any) -> None:
    file = _tiff(tmp_path, "again.tif", 77)
    place = ("--well", "b02", "--field", "s1", "--channel", "dna")
    assert run(file, *place, *WHY)[0] == 0
    assert _values(path, "B2", "s1") == [77, 2]


def test_one_file_or_several_replace_all_channels(
    path: Path, tmp_path: Path, run: Any
) -> None:
    whole = _tiff(tmp_path, "B02_s1.tif", 77, 78)
    assert run(whole, *WHY)[0] == 0
    assert _values(path, "B2", "s1") == [77, 78]
    gfp = _tiff(tmp_path, "x_B02_s2_GFP.tif", 79)
    dna = _tiff(tmp_path, "x_B02_s2_DNA.tif", 80)
    assert run(gfp, dna, *WHY)[0] == 0
    assert _values(path, "B2", "s2") == [80, 79]


def test_a_dry_run_writes_nothing(path: Path, tmp_path: Path, run: Any) -> None:
    file = _tiff(tmp_path, "B02_s1_w1.tif", 77)
    before = checks.snapshot(path)
    code, said = run(file, *WHY, "--dry-run")
    assert code == 0
    assert "'DNA' replaced by" in said
    assert "Nothing was written." in said
    assert checks.snapshot(path) == before


def test_a_name_that_contradicts_what_was_typed_is_said(
    path: Path, tmp_path: Path, run: Any
) -> None:
    file = _tiff(tmp_path, "A01_s2_w1.tif", 77)
    _, said = run(file, "--well", "B2", "--field", "s1", *WHY, "--dry-run")
    assert ("A01_s2_w1.tif: Its name says well A01. Its name says field s2.") in said


@pytest.mark.parametrize(
    ("name", "options", "what"),
    [
        ("again.tif", (), "say of which well it is. Choose the well."),
        ("B02.tif", (), "which field of well B2 it is. Choose the field; the well has"),
        ("B02_s9.tif", (), "It is not clear which field of well B2 's9' is"),
        ("B02_s1.tif", (), "Nothing says which channel it is. Choose the channel"),
        ("B02_s1.tif", ("--channel", "RFP"), "no channel 'RFP'; it has 'DNA', 'GFP'"),
        ("B02_s1.tif", ("--channel", "DNA", "--channel", "GFP"), "1 files and 2"),
        ("B02_s1_w1.tif", ("--well", "H12"), "The plate has no well 'H12'"),
        ("B02_s1_w1.tif", ("--field", "s7"), "which field of well B2 's7' is"),
        ("B02_s1_w1.tif", ("--who", " "), "name that the history keeps"),
    ],
)
def test_what_is_not_clear_is_asked_for(
    name: str, options: tuple[str, ...], what: str, path: Path, tmp_path: Path, run: Any
) -> None:
    file = _tiff(tmp_path, name, 77)
    before = checks.snapshot(path)
    code, said = run(file, *options, *WHY)
    assert (code, said.count("\n") <= 6) == (1, True)
    assert what in said
    assert "Traceback" not in said
    assert checks.snapshot(path) == before


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ({"shape": (30, 41)}, "has x 41; the field has x 40"),
        ({"dtype": "u1"}, "is uint8; the field is uint16"),
        (
            {
                "ome": True,
                "metadata": {
                    "axes": "YX",
                    "PhysicalSizeX": 0.25,
                    "PhysicalSizeXUnit": "µm",
                    "PhysicalSizeY": 0.25,
                    "PhysicalSizeYUnit": "µm",
                },
            },
            "pixels of 0.25 micrometres along y; the field has 0.5",
        ),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    more: dict[str, Any], what: str, path: Path, tmp_path: Path, run: Any
) -> None:
    file = _tiff(tmp_path, "B02_s1_w1.tif", 77, **more)
    before = checks.snapshot(path)
    code, said = run(file, *WHY)
    assert code == 1
    assert what in said
    assert checks.snapshot(path) == before


def test_a_reason_is_demanded(path: Path, tmp_path: Path, run: Any) -> None:
    file = _tiff(tmp_path, "B02_s1_w1.tif", 77)
    assert run(file)[0] == 2
    assert run(file, "--reason", " ")[0] == 2


def test_a_revert_names_who(
    path: Path, tmp_path: Path, run: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    run(_tiff(tmp_path, "B02_s1_w1.tif", 77), *WHY)
    arguments = ["revert", str(path), "B02", "s1", *WHY, "--who", "Ben"]
    assert main(arguments) == 0
    assert hcs.history(path)["B/2", "0"][-1].who == "Ben"
    assert _values(path, "B2", "s1") == [1, 2]


def test_files_of_several_wells_are_one_call_and_the_table_says_how_sure_each_is(
    path: Path, tmp_path: Path, run: Any
) -> None:
    folder = tmp_path / "again"
    folder.mkdir()
    _tiff(folder, "A01_s1_w1.tif", 31)
    _tiff(folder, "B02_s2_GFP.tif", 32)
    (folder / "notes.txt").write_text("out of focus")
    code, said = run(folder, *WHY)
    assert code == 0, said
    assert "2 of 3 files are for 2 fields; 2 rows guessed" in said
    assert "notes.txt: It is no image by its name." in said
    assert _values(path, "A1", "s1") == [31, 2]
    assert _values(path, "B2", "s2") == [11, 32]


def test_pixels_of_another_field_are_refused_unless_they_are_meant(
    path: Path, tmp_path: Path, run: Any
) -> None:
    copy = _tiff(tmp_path, "B02_s1.tif", 11, 12)  # what A1 s2 and B2 s2 hold
    first = _tiff(tmp_path, "A01_s1.tif", 81, 82)
    code, said = run(copy, first, *WHY)
    assert code == 1
    assert "field s2, equal to the last bit" in said
    assert _values(path, "B2", "s1") == [1, 2]
    assert _values(path, "A1", "s1") == [81, 82]
    again = _tiff(tmp_path, "B02_s1_again.tif", 81, 82)
    assert "A1 field s1" in run(again, *WHY)[1]
    assert run(again, *WHY, "--allow-copies")[0] == 0
    assert _values(path, "B2", "s1") == [81, 82]


def test_a_zip_is_read_in_place(path: Path, tmp_path: Path, run: Any) -> None:
    archive = tmp_path / "again.zip"
    with zipfile.ZipFile(archive, "w") as packed:
        packed.write(_tiff(tmp_path, "B02_s1_w1.tif", 33), "day 2/B02_s1_w1.tif")
        packed.write(_tiff(tmp_path, "A01_s1_w2.tif", 34), "day 2/A01_s1_w2.tif")
    code, said = run(archive, *WHY)
    assert code == 0, said
    assert _values(path, "B2", "s1") == [33, 2]
    assert _values(path, "A1", "s1") == [1, 34]


def test_what_is_not_clear_holds_everything_back_unless_it_is_skipped(
    path: Path, tmp_path: Path, run: Any
) -> None:
    clear = _tiff(tmp_path, "B02_s1_w1.tif", 35)
    unclear = _tiff(tmp_path, "scan.tif", 36)
    damaged = tmp_path / "A01_s1_w1.tif"
    damaged.write_bytes(clear.read_bytes()[:100])
    before = checks.snapshot(path)
    code, said = run(clear, unclear, damaged, *WHY)
    assert code == 1
    assert "2 things above must be settled first" in said
    assert "A01_s1_w1.tif" in said
    assert checks.snapshot(path) == before
    code, said = run(clear, unclear, damaged, *WHY, "--skip-unclear")
    assert code == 0, said
    assert _values(path, "B2", "s1") == [35, 2]
    assert _values(path, "A1", "s1") == [1, 2]


def test_a_field_that_does_not_fit_leaves_the_others_and_is_named(
    path: Path, tmp_path: Path, run: Any
) -> None:
    fits = _tiff(tmp_path, "B02_s1_w1.tif", 37)
    large = _tiff(tmp_path, "A01_s1_w1.tif", 38, shape=(30, 41))
    before = checks.snapshot(path)
    assert run(fits, large, *WHY)[0] == 1
    assert checks.snapshot(path) == before
    code, said = run(fits, large, *WHY, "--skip-unclear")
    assert code == 1
    assert "A1 field s1 was not written" in said
    assert _values(path, "B2", "s1") == [37, 2]


def test_json_says_the_same_before_and_after_writing(
    path: Path, tmp_path: Path, run: Any
) -> None:
    file = _tiff(tmp_path, "B02_s1_w1.tif", 39)
    code, said = run(file, *WHY, "--dry-run", "--json")
    document = json.loads(said)
    assert code == 0
    (row,) = document["rows"]
    assert (row["well"], row["field_label"], row["channels"]) == ("B2", "s1", ["DNA"])
    assert row["match"] == "guessed"
    assert document["corrections"][0]["version"] is None
    _, said = run(file, *WHY, "--json")
    document = json.loads(said)
    version = document["corrections"][0]["version"]
    assert hcs.history(path)["B/2", "0"][-1].id == version
    assert document["corrections"][0]["unchanged"] == ["GFP"]


def test_one_of_several_images_in_a_file_is_chosen_and_pages_are_said(
    path: Path, tmp_path: Path, run: Any
) -> None:
    several = tmp_path / "B02_s1_DNA.ome.tif"
    with tifffile.TiffWriter(several, ome=True) as writer:
        for value, name in ((40, "overview"), (41, "detail")):
            writer.write(
                np.full(SHAPE, value, "u2"),
                photometric="minisblack",
                metadata={"Name": name},
            )
    code, said = run(several, *WHY)
    assert code == 1
    assert "It holds 2 images: overview, detail. Choose which" in said
    assert run(several, "--series", "2", *WHY)[0] == 0
    assert _values(path, "B2", "s1") == [41, 2]
    pages = _tiff(tmp_path, "A01_s1.tif", 51, 52, metadata=None)
    assert run(pages, "--pages", "z", *WHY)[0] == 1
    assert run(pages, "--pages", "channels", *WHY)[0] == 0
    assert _values(path, "A1", "s1") == [51, 52]


def test_an_image_that_cannot_be_read_does_not_give_its_name_to_the_next(
    path: Path, tmp_path: Path, run: Any
) -> None:
    file = tmp_path / "B02_s1_DNA.ome.tif"
    kinds = (("first", "u2"), ("second", "c8"), ("third", "u2"))

    def write(count: int) -> None:
        with tifffile.TiffWriter(file, ome=True) as writer:
            for value, (name, dtype) in enumerate(kinds[:count], 40):
                writer.write(
                    np.full(SHAPE, value, dtype),
                    photometric="minisblack",
                    metadata={"Name": name},
                )

    write(3)
    assert "It holds 2 images: first, third. Choose" in run(file, *WHY)[1]
    for number in ("2", "0", "4"):
        assert run(file, "--series", number, *WHY)[0] == 1
    assert _values(path, "B2", "s1") == [1, 2]
    assert run(file, "--series", "3", *WHY)[0] == 0
    assert _values(path, "B2", "s1") == [42, 2]
    write(2)
    code, said = run(file, "--series", "2", *WHY)
    assert code == 1
    assert "Image 2 of B02_s1_DNA.ome.tif cannot be read" in said
    assert _values(path, "B2", "s1") == [42, 2]


def test_who_interrupts_hears_what_was_written(
    path: Path, tmp_path: Path, run: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [_tiff(tmp_path, f"A01_s{field}_w1.tif", 80 + field) for field in (1, 2)]
    stage_field = staging.stage_field

    def interrupted(*arguments: Any, **more: Any) -> Any:
        if arguments[2] == "1":
            signal.raise_signal(signal.SIGINT)
        return stage_field(*arguments, **more)

    monkeypatch.setattr(staging, "stage_field", interrupted)
    # A shell lets what it starts in the background ignore the signal.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        code, said = run(*files, *WHY)
    finally:
        signal.signal(signal.SIGINT, before)
    assert code == 130
    assert "A1 field s1 shows version" in said
    assert "Stopped: 1 of 2 fields written." in said
    assert _values(path, "A1", "s1") == [81, 2]
    assert _values(path, "A1", "s2") == [11, 12]


@pytest.mark.parametrize("kind", ["group", "nested", "zip", "plate"])
def test_an_ome_zarr_image_corrects_a_field_however_it_comes(
    kind: str, path: Path, tmp_path: Path, run: Any
) -> None:
    data = np.stack([np.full(SHAPE, value, "u2") for value in (61, 62)])
    image = hcs.to_ngff_image(data, dims=("c", "y", "x"), channel_names=NAMES)
    other = tmp_path / "other.zarr"
    with hcs.HCSPlateWriter(other, plates.document(), "0.5") as writer:
        writer.write_well_image(image, "B", "2", 1, label="s2")
    group = other / "B" / "2" / "1"
    place: tuple[str, ...] = ("--well", "B2", "--field", "s2")
    source = group
    if kind == "plate":
        source, place = other, ()
    elif kind == "nested":
        source = tmp_path / "again"
        shutil.copytree(group, source / "day 2" / "image.zarr")
    elif kind == "zip":
        source = tmp_path / "image.zarr.zip"
        with zipfile.ZipFile(source, "w") as packed:
            for file in sorted(group.rglob("*")):
                packed.write(file, f"image.zarr/{file.relative_to(group)}")
    code, said = run(source, *place, *WHY)
    assert code == 0, said
    assert _values(path, "B2", "s2") == [61, 62]


def test_an_export_tells_by_its_own_descriptions_what_its_files_are(
    path: Path, tmp_path: Path, run: Any
) -> None:
    folder = tmp_path / "export"
    folder.mkdir()
    for channel, value in ((1, 71), (2, 72)):
        _tiff(folder, f"r02c02f02p01-ch{channel}sk1fk1fl1.tiff", value)
    code, said = run(folder, *WHY)
    assert code == 0, said
    assert _values(path, "B2", "s2") == [71, 72]
