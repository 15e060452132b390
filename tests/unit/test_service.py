"""What pages are told of plates, as it is and as it changes."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import tifffile

import hcs
from dashboard.errors import DashboardError, NotServedError
from dashboard.pictures.planes import PlaneRequest
from dashboard.plates import watcher
from dashboard.plates.labels import grid_labels
from dashboard.plates.registry import natural, unique_keys
from dashboard.plates.values import ChannelSetting
from hcs import from_hcs_zarr, import_plate
from hcs.errors import MetadataError
from hcs.gaps import Gap
from hcs.plates.summary import summarise
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

KEY = "p.ome.zarr"
RED = (ChannelSetting(index=0, color="FF0000", low=0, high=4000),)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / KEY, fields=2)


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return tmp_path / "workspace"


# --- finding plates ------------------------------------------------------------------


def test_plates_are_found_below_a_folder_and_known_by_their_path(
    tmp_path: Path,
) -> None:
    root = tmp_path / "root"
    for name in ("a/p 10.zarr", "a/p 2.zarr", "b/c/p.zarr", "too/deep/for/us.zarr"):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        plates.make(root / name, rows=1, columns=1)
    plates.make(root / "x.ozx", rows=1, columns=1)
    (root / ".hidden.zarr").mkdir()
    shutil.copytree(root / "a/p 2.zarr/A/1", root / "only a well.zarr")
    locations = dict(unique_keys([str(root)]))
    assert list(locations) == ["a/p 2.zarr", "a/p 10.zarr", "b/c/p.zarr", "x.ozx"]
    assert locations["x.ozx"] == str(root / "x.ozx")


def test_equal_names_from_two_roots_get_two_keys(tmp_path: Path) -> None:
    roots = [plates.make(tmp_path / day / KEY, rows=1, columns=1) for day in "ab"]
    keys = list(unique_keys([*map(str, roots), str(roots[0])]))
    assert [key for key, _ in keys] == [KEY, f"{KEY}~2"]


def test_a_link_out_of_the_root_is_not_followed(tmp_path: Path) -> None:
    outside = plates.make(tmp_path / "outside.zarr", rows=1, columns=1)
    root = tmp_path / "root"
    root.mkdir()
    (root / "link.zarr").symlink_to(outside)
    assert list(unique_keys([str(root)])) == []


def test_a_root_that_is_not_there_is_said_at_the_start(
    tmp_path: Path, workspace: Path
) -> None:
    with (
        pytest.raises(DashboardError, match="nothing at"),
        service(workspace, tmp_path / "nowhere"),
    ):
        pass


def test_a_plate_that_cannot_be_opened_is_listed_with_its_reason(
    plate: Path, tmp_path: Path, workspace: Path
) -> None:
    broken = tmp_path / "broken.zarr"
    broken.mkdir()
    (broken / "zarr.json").write_text('{"plate": ')
    with service(workspace, plate, broken) as made:
        good, bad = made.plates.entries()
        assert (good.key, good.error) == (KEY, None)
        assert "zarr.json" in (bad.error or "")
        with pytest.raises(Exception, match=r"zarr\.json"):
            made.plates.overview("broken.zarr")
        assert surveyed(made, KEY).banner


def test_a_plate_of_more_wells_than_any_is_refused_before_it_is_laid_out(
    plate: Path, workspace: Path
) -> None:
    rows = ["A", "B", *(f"r{index}" for index in range(3000))]
    columns = ["1", "2", "3", *(f"c{index}" for index in range(3000))]
    plates.relist(plate, rows, columns)
    with service(workspace, plate) as made:
        (entry,) = made.plates.entries()
        with pytest.raises(MetadataError, match="3,002 rows x 3,003 columns"):
            made.plates.overview(KEY)
        assert "3,002 rows" in (entry.error or "")


@pytest.mark.parametrize("key", ["", "..", "/etc", "p.ome.zarr/A", "p.ome.zarr~2"])
def test_only_keys_of_the_list_are_served(
    plate: Path, workspace: Path, key: str
) -> None:
    with service(workspace, plate) as made, pytest.raises(NotServedError):
        made.plates.overview(key)


def test_names_are_sorted_as_people_count() -> None:
    assert sorted(["p10", "p2", "P1", "10", "9"], key=natural) == [
        "9",
        "10",
        "P1",
        "p2",
        "p10",
    ]


# --- the overview --------------------------------------------------------------------


def test_the_overview_reads_no_well(plate: Path, workspace: Path) -> None:
    for well in plate.glob("?/?"):
        (well / "zarr.json").write_text("{broken")
    with service(workspace, plate) as made:
        overview = made.plates.overview(KEY)
        assert (overview.rows, overview.columns) == (("A", "B"), ("1", "2", "3"))
        assert [well.label for well in overview.wells] == [
            "A1",
            "A2",
            "A3",
            "B1",
            "B2",
            "B3",
        ]


@pytest.mark.parametrize(
    ("rows", "columns", "expected"),
    [
        (["A", "B"], ["1", "2"], ("A1", "A2", "B1", "B2")),
        (["B"], ["03"], ("B3",)),
        (["B"], ["03", "12"], ("B03", "B12")),
        (["AA"], ["1", "48"], ("AA01", "AA48")),
        (["A"], ["1", "01"], ("A/1", "A/01")),
        (["top"], ["left"], ("top/left",)),
    ],
)
def test_positions_are_called_by_their_names_not_by_their_place(
    rows: list[str], columns: list[str], expected: tuple[str, ...]
) -> None:
    assert grid_labels(rows, columns) == expected


def test_labels_of_the_grid_are_those_of_the_library(
    plate: Path, workspace: Path
) -> None:
    with from_hcs_zarr(plate) as opened, service(workspace, plate) as made:
        listed = {opened.label(well): well.path for well in opened.wells}
        shown = {well.label: well.path for well in made.plates.overview(KEY).wells}
    assert shown == listed


def test_wells_that_were_not_acquired_are_told_from_missing_ones(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, wells=[(0, 0), (0, 1)], fields=2)
    shutil.rmtree(path / "A" / "2")
    with service(workspace, path) as made:
        states = {well.label: well.state for well in surveyed(made, KEY).wells}
    assert states == {
        "A1": "present",
        "A2": "missing",
        **dict.fromkeys(("A3", "B1", "B2", "B3"), "not_acquired"),
    }


def test_a_plate_that_is_being_written_has_pending_wells(
    tmp_path: Path, workspace: Path
) -> None:
    absent = [(1, column, 0) for column in range(3)]
    path = plates.make(
        tmp_path / KEY,
        missing=absent,
        annotations={"import": {"state": "unfinished"}},
    )
    with service(workspace, path) as made:
        overview = surveyed(made, KEY)
        assert [well.state for well in overview.wells[3:]] == ["pending"] * 3
        assert "not there yet" in overview.banner


def test_conditions_and_gaps_are_shown_with_their_wells(
    tmp_path: Path, workspace: Path
) -> None:
    annotations = {
        "conditions": {"columns": ["dose", "drug"], "wells": {"A/2": [1.5, "<b>"]}},
        "gaps": [{"well": "B/3", "field": "0", "channel": "GFP", "z": 0, "t": None}],
    }
    path = plates.make(tmp_path / KEY, annotations=annotations)
    with service(workspace, path) as made:
        overview = surveyed(made, KEY)
    assert overview.condition_names == ("dose", "drug")
    assert overview.well("A2").conditions == (("dose", "1.5"), ("drug", "<b>"))
    assert (overview.gaps[0].well, overview.gaps[0].channel) == ("B3", "GFP")


def test_the_contrast_is_the_same_for_the_whole_plate_and_says_its_source(
    plate: Path, workspace: Path
) -> None:
    with service(workspace, plate) as made:
        first, second = surveyed(made, KEY).channels
    assert (first.name, second.name) == ("DNA", "GFP")
    assert first.source in ("stored", "plate")
    assert first.low < first.high
    assert first.color == plates.COLORS[0]


def test_missing_fields_are_counted_and_named(tmp_path: Path, workspace: Path) -> None:
    path = plates.make(tmp_path / KEY, rows=2, columns=5, fields=3, missing=[(0, 1, 2)])
    with service(workspace, path) as made:
        overview = surveyed(made, KEY)
        values = made.quality.values(KEY, "completeness")
    assert "29 of 30 fields" in overview.banner
    assert "A2 has 2" in overview.banner
    assert values.wells["A2"].value == pytest.approx(200 / 3)


def test_a_field_that_the_import_names_as_a_gap_is_expected_of_its_well(
    tmp_path: Path, workspace: Path
) -> None:
    gaps = [Gap(path="A/2", field="2", label="s3").entry]
    path = plates.make(
        tmp_path / KEY, fields=3, missing=[(0, 1, 2)], annotations={"gaps": gaps}
    )
    with service(workspace, path) as made:
        overview = surveyed(made, KEY)
    assert overview.banner == ("17 of 18 fields in 6 wells; gaps: A2 field s3.")
    assert {well.expected_fields for well in overview.wells} == {3}


def test_wells_that_differ_in_their_fields_lack_none(
    tmp_path: Path, workspace: Path
) -> None:
    absent = [(row, 0, field) for row in (0, 1) for field in range(row, 2)]
    path = plates.make(tmp_path / KEY, fields=3, missing=absent)
    with service(workspace, path) as made:
        overview = surveyed(made, KEY)
        values = made.quality.values(KEY, "completeness")
    assert overview.banner == (
        "15 fields in 6 wells, which differ in how many they have, complete."
    )
    assert {cell.value for cell in values.wells.values()} == {100}


def test_page_and_importer_give_a_gap_one_name(tmp_path: Path, workspace: Path) -> None:
    source = tmp_path / "export"
    source.mkdir()
    for number, name in enumerate(["A01_s1_w1", "A01_s1_w2", "B03_s1_w1", "B03_s1_w2"]):
        tifffile.imwrite(source / f"{name}.tif", np.full((16, 16), number, "u2"))
    (source / "B03_s1_w2.tif").write_bytes(b"")
    (source / "C02_s1_w1.tif").write_bytes(b"")
    pattern = r"(?P<well>[A-H]\d\d)_s(?P<field>\d)_w(?P<channel>\d)"
    report = import_plate(source, tmp_path / KEY, pattern=pattern)
    names = [str(gap) for gap in report.gaps]
    places = [name.partition(" (")[0] for name in names]
    assert places == ["C02", "B03 field s1 channel w2"]
    assert all("it is empty" in name for name in names)
    with service(workspace, tmp_path / KEY) as made:
        overview = surveyed(made, KEY)
    assert [str(gap) for gap in overview.gaps] == names
    assert f"gaps: {', '.join(names)}." in overview.banner
    with from_hcs_zarr(tmp_path / KEY) as plate:
        assert summarise(plate)["gaps"]["named"] == names


# --- wells and pixels ----------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_well_tells_all_that_a_page_needs_of_its_fields(
    tmp_path: Path, workspace: Path, version: str
) -> None:
    path = plates.make(
        tmp_path / KEY, z=3, acquisitions=[0, 4], version=version, shape=(64, 80)
    )
    with service(workspace, path) as made:
        view = made.plates.well(KEY, "B3")
        overview = made.plates.overview(KEY)
    assert [(field.name, field.acquisition_name) for field in view.fields] == [
        ("a0f0", "run 0"),
        ("a4f0", "run 4"),
    ]
    field = view.fields[0]
    assert field.axes == ("c", "z", "y", "x")
    assert [field.size(axis) for axis in "tczyx"] == [1, 2, 3, 64, 80]
    assert field.units[-1] == "micrometer"
    assert [acquisition.id for acquisition in overview.acquisitions] == [0, 4]
    assert view.field("a4f0", 4) is not None
    assert view.field("a4f0", 0) is None


def test_a_well_off_the_grid_is_an_error_and_one_not_acquired_says_so(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, wells=[(0, 0)])
    with service(workspace, path) as made:
        with pytest.raises(NotServedError):
            made.plates.well(KEY, "C1")
        assert "not acquired" in (made.plates.well(KEY, "B2").error or "")


def test_the_middle_plane_is_shown_where_none_is_asked(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1, z=3)
    with service(workspace, path) as made:
        version = made.plates.well(KEY, "A1").field("0").version
        where = (KEY, "A1", "0", version)
        middle = made.pictures.plane(*where, PlaneRequest())
        first = made.pictures.plane(*where, PlaneRequest(z=0))
    codes = [
        plates.identity(np.frombuffer(plane.data, "<u2")[0])
        for plane in (middle, first)
    ]
    assert [code.plane for code in codes] == [1, 0]


def test_pictures_outlive_the_server_in_the_workspace(
    plate: Path, workspace: Path
) -> None:
    def draw() -> bytes:
        with service(workspace, plate) as made:
            view = made.plates.well(KEY, "A1")
            return made.sprites.of_well(
                KEY, "A1", view.digest, 32, RED, PlaneRequest()
            ).data

    first = draw()
    files = list((workspace / "previews").rglob("*.jpg"))
    assert len(files) == 1
    files[0].write_bytes(first + b"kept")
    assert draw() == first + b"kept"


def test_caches_stay_within_their_bytes(plate: Path, workspace: Path) -> None:
    limits = {"cache_bytes": 8000, "preview_bytes": 6000, "preview_disk_bytes": 9000}
    with service(workspace, plate, **limits) as made:
        for well in made.plates.overview(KEY).wells:
            view = made.plates.well(KEY, well.label)
            for field in view.fields:
                where = (KEY, well.label, field.name, field.version)
                made.pictures.thumbnail(*where, 64, RED, PlaneRequest())
                made.pictures.picture(*where, RED, PlaneRequest())
            sprite = (KEY, well.label, view.digest, 32, RED, PlaneRequest())
            made.sprites.of_well(*sprite)
        for fill in made.previews.caches():
            assert 0 < fill.nbytes <= fill.max_bytes
    files = (path for path in (workspace / "previews").rglob("*") if path.is_file())
    assert sum(file.stat().st_size for file in files) <= 9000


# --- measuring -----------------------------------------------------------------------


def test_metrics_are_measured_once_and_kept_over_restarts(
    plate: Path, workspace: Path
) -> None:
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).done == 12 and not p.running)
        ids = [metric.id for metric in made.quality.metrics(KEY)]
        assert {"completeness", "mean.0", "p99.1", "percent_saturated.0"} <= set(ids)
        first = made.quality.values(KEY, "mean.1").wells
    with service(workspace, plate) as made:
        # At once, as nothing has to be measured again.
        surveyed(made, KEY)
        assert made.quality.values(KEY, "mean.1").wells == first
        field = made.quality.field_values(KEY, "B2")[1]
    expected = float(plates.value(row=1, column=1, field=1, channel=1))
    assert field.values["mean.1"] == expected


def test_a_well_is_as_bad_as_its_worst_field_and_says_which(
    tmp_path: Path, workspace: Path
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1, fields=3, pixels="random")
    with service(workspace, path) as made:
        surveyed(made, KEY)
        metric = "power_log_log_slope.0"
        worst = wait_for(
            lambda: (
                (v := made.quality.values(KEY, metric).wells["A1"]).value is not None
                and v
            )
        )
        wait_for(lambda: not made.quality.progress(KEY).running)
        worst = made.quality.values(KEY, metric).wells["A1"]
        fields = {
            value.field: value.values[metric]
            for value in made.quality.field_values(KEY, "A1")
        }
    assert worst.value == min(fields.values())
    assert fields[worst.field] == worst.value


def test_what_is_not_measured_says_why(tmp_path: Path, workspace: Path) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=2)
    shutil.rmtree(path / "A" / "2")
    with service(workspace, path) as made:
        surveyed(made, KEY)
        well = made.quality.values(KEY, "mean.0").wells["A2"]
    assert well.value is None
    assert "A/2" in (well.reason or "")


def test_an_unknown_metric_is_not_served(plate: Path, workspace: Path) -> None:
    with service(workspace, plate) as made, pytest.raises(NotServedError):
        made.quality.values(KEY, "nonsense.0")


# --- changes from outside ------------------------------------------------------------


def test_a_well_that_another_process_writes_shows_after_one_look(
    tmp_path: Path, workspace: Path
) -> None:
    absent = [(1, column, 0) for column in range(3)]
    path = plates.make(
        tmp_path / KEY, missing=absent, annotations={"import": {"state": "unfinished"}}
    )
    with service(workspace, path) as made:
        before = surveyed(made, KEY)
        assert before.well("B2").state == "pending"
        code = (
            "import sys; from tests import plates; from hcs.writing.writer import *\n"
            "with HCSPlateWriter(sys.argv[1], None, overwrite=False) as writer:\n"
            "    writer.write_well_image(plates.multiscales(1, 1, 0), 'B', '2')\n"
        )
        subprocess.run([sys.executable, "-c", code, str(path)], check=True)
        served = made.storage.plates.get(KEY)
        look, vain = served.changed_wells, []

        def counted(at_most: int | None = None) -> list[str]:
            if served.overview().well("B2").state != "present":
                vain.append(at_most)
            return look(at_most)

        served.changed_wells = counted  # type: ignore[method-assign]
        after = wait_for(
            lambda: (o := made.plates.overview(KEY)).well("B2").state == "present" and o
        )
        assert len(vain) <= 1
        assert watcher.LOOK_SECONDS + 2 * watcher._TICK < 5
        assert after.revision > before.revision
        assert after.digest != before.digest
        assert made.plates.well(KEY, "B2").fields


def test_a_new_plate_in_the_folder_joins_the_list(
    tmp_path: Path, workspace: Path
) -> None:
    root = tmp_path / "root"
    plates.make(root / "a.zarr", rows=1, columns=1)
    with service(workspace, root) as made:
        first = made.plates.revision("")
        plates.make(root / "b.zarr", rows=1, columns=1)
        wait_for(lambda: made.plates.revision("") != first)
        assert [entry.key for entry in made.plates.entries()] == ["a.zarr", "b.zarr"]
        shutil.rmtree(root / "a.zarr")
        wait_for(
            lambda: (
                {entry.key for entry in made.plates.entries() if entry.absent_since}
                == {"a.zarr"}
                or (made.plates.revision("") and False)
            )
        )


def test_a_revision_comes_to_rest_where_nothing_changes(
    plate: Path, workspace: Path
) -> None:
    """Else every page would be rebuilt twice a second for ever."""
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        wait_for(lambda: (p := made.quality.progress(KEY)).done and not p.running)
        seen = [(made.plates.revision(KEY), time.monotonic())]

        def at_rest() -> bool:
            revision = made.plates.revision(KEY)
            if revision != seen[-1][0]:
                seen.append((revision, time.monotonic()))
            # Longer than any look at the documents takes to come round.
            return time.monotonic() - seen[-1][1] > 3.0

        wait_for(at_rest)
        assert len(seen) < 8


def test_a_document_that_breaks_while_it_is_served_is_shown_as_such(
    plate: Path, workspace: Path
) -> None:
    with service(workspace, plate) as made:
        surveyed(made, KEY)
        assert made.plates.well(KEY, "A1").error is None
        (plate / "A" / "1" / "zarr.json").write_text("{")
        wait_for(lambda: made.plates.overview(KEY).well("A1").state == "unreadable")
        assert made.plates.well(KEY, "A1").error
        assert made.plates.well(KEY, "A2").error is None


# --- the plates of others ------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "bioformats2raw_plate_v04/hcs.zarr",
        "ome_zarr_models_examples_v04/hcs_example.ome.zarr",
    ],
)
def test_plates_of_other_software_are_served(
    shared_data: Path, workspace: Path, name: str
) -> None:
    with service(workspace, shared_data / name, read_only=True) as made:
        (entry,) = made.plates.entries()
        overview = surveyed(made, entry.key)
        labels = [well.label for well in overview.wells if well.state == "present"]
        assert labels
        for label in labels[:4]:
            for field in made.plates.well(entry.key, label).fields:
                assert field.error is None
                where = (entry.key, label, field.name, field.version)
                assert made.pictures.plane(*where, PlaneRequest()).data
        sprite = made.sprites.of_plate(entry.key, overview.digest, 32, ())
        assert sprite.final


def test_archives_are_served_as_folders_are(tmp_path: Path, workspace: Path) -> None:
    path = plates.make(tmp_path / "p.ozx", fields=2)
    with service(workspace, path) as made:
        overview = surveyed(made, "p.ozx")
        assert not overview.writable
        version = made.plates.well("p.ozx", "A1").field("1").version
        raw = made.pictures.plane("p.ozx", "A1", "1", version, PlaneRequest(channel=1))
        assert plates.identity(np.frombuffer(raw.data, "<u2")[0]).field == 1


def test_a_plate_that_is_mended_is_opened_again(
    tmp_path: Path, workspace: Path
) -> None:
    root = tmp_path / "root"
    path = plates.make(root / "a.zarr", rows=1, columns=1)
    document = (path / "zarr.json").read_bytes()
    (path / "zarr.json").write_bytes(document[:40] + b'"plate"')
    with service(workspace, root) as made:
        assert made.plates.entries()[0].error
        before = made.plates.revision("")
        (path / "zarr.json").write_bytes(document)
        wait_for(lambda: made.plates.revision("") != before)
        assert made.plates.entries()[0].error is None


def test_a_blank_first_field_does_not_decide_how_the_plate_is_shown(
    tmp_path: Path, workspace: Path
) -> None:
    path = tmp_path / KEY
    blank = np.random.default_rng(0).integers(187, 213, (64, 64)).astype("u2")
    cells = np.linspace(190, 6194, 64 * 64).reshape(64, 64).astype("u2")
    with hcs.HCSPlateWriter(path, plates.document(rows=1, columns=2)) as writer:
        for column, pixels in (("1", blank), ("2", cells)):
            image = hcs.to_ngff_image(pixels, dims=("y", "x"))
            writer.write_well_image(image, "A", column)
    with service(workspace, path) as made:
        (channel,) = surveyed(made, KEY).channels
    assert channel.source == "plate"
    assert channel.high > 5000


@pytest.mark.parametrize("end", [65535, 4095])
def test_a_stored_window_of_the_whole_range_does_not_make_the_plate_black(
    tmp_path: Path, workspace: Path, end: int
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, pixels="gradient", channels=1)
    window = {"start": 0, "end": end, "min": 0, "max": end}
    for document in path.glob("*/*/*/zarr.json"):
        content = json.loads(document.read_bytes())
        for channel in content["attributes"]["ome"]["omero"]["channels"]:
            channel["window"] = window
        document.write_text(json.dumps(content))
    with service(workspace, path) as made:
        (channel,) = surveyed(made, KEY).channels
    assert channel.source == "plate"
    assert channel.high < end / 2
