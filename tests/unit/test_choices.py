"""What people say of a project's plates: nuclei, clip levels, maps, imports."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import hcs
from dashboard.compose import compose
from dashboard.errors import RefusedError
from dashboard.options import Options
from dashboard.projects.plate_maps import as_csv
from dashboard.quality.measure_settings import basis_of, proposed
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from dashboard.workspace import open_workspace
from hcs.demo import make_demo_plate
from hcs.errors import HCSError
from hcs.metadata import Who
from hcs.qc.clip import Clip
from hcs.qc.plates.roles import RoleMapping
from tests import plates
from tests.unit.test_suspects import channel

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve two equal plates of 2 x 3 wells with two fields, measured.

    One for all tests: each takes back what it chose.
    """
    tmp_path = tmp_path_factory.mktemp("choices")
    folder = tmp_path / "screen"
    for name in ("one", "two"):
        plates.make(folder / f"{name}.ome.zarr", fields=2, name=name, shape=(64, 64))
    made = compose([folder], open_workspace(tmp_path / "workspace"), Options(workers=0))
    for entry in made.plates.entries():
        made.quality.measure(entry.key)
    yield made
    made.close()


FIRST, SECOND = "one.ome.zarr", "two.ome.zarr"
LONG = b"""Barcode;Position;Content;Compound;Conc_uM
one;A1;pos;x;1,5
one;A02;neg;;
one;A1;pos;y;1,5
one;H12;neg;;
two;B3;neg;;
"""


# --- what numbers rest on ------------------------------------------------------------


def test_a_choice_holds_by_the_channels_name_in_whatever_order() -> None:
    stored = {
        "nuclear": {"name": "Marker"},
        "clips": {"Marker": 4095},
        "cuts": {"power_log_log_slope|Marker": [-3.0, None]},
    }
    basis = basis_of(stored, [channel(0, "DNA"), channel(1, "Marker")])
    reordered = basis_of(stored, [channel(0, "Marker"), channel(1, "DNA")])
    assert (basis.nuclear, reordered.nuclear) == (1, 0)
    assert basis.nuclear_chosen
    assert basis.clips == {1: Clip(4095.0, "set for this project")}
    assert reordered.cuts == {"power_log_log_slope.0": (-3.0, None)}


def test_channels_of_one_name_have_settings_of_their_own() -> None:
    two = [channel(0, "GFP"), channel(1, "GFP")]
    stored = {
        "nuclear": {"name": "GFP (2)"},
        "clips": {"GFP (1)": 4095, "GFP (2)": 255},
        "cuts": {"mean|GFP (1)": [3.0, None], "mean|GFP (2)": [None, 9.0]},
    }
    basis = basis_of(stored, two)
    assert basis.nuclear == 1
    assert {index: clip.level for index, clip in basis.clips.items()} == {
        0: 4095.0,
        1: 255.0,
    }
    assert basis.cuts == {"mean.0": (3.0, None), "mean.1": (None, 9.0)}


def test_a_cut_off_of_one_of_two_channels_of_a_name_is_taken_back_alone(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "screen" / "p.ome.zarr", shape=(64, 64))
    plates.name_channels(path, "GFP", "GFP")
    served = compose(
        [path.parent], open_workspace(tmp_path / "workspace"), Options(workers=0)
    )
    (entry,) = served.plates.entries()
    served.quality.measure(entry.key)
    assay = served.assay
    for channel_index, cut in ((0, (1.0, None)), (1, (2.0, None))):
        assay.keep_cut(entry.key, f"mean.{channel_index}", cut)
    assert assay.basis(entry.key).basis.cuts == {
        "mean.0": (1.0, None),
        "mean.1": (2.0, None),
    }
    assay.keep_cut(entry.key, "mean.0", None)
    assert assay.basis(entry.key).basis.cuts == {"mean.1": (2.0, None)}
    titles = [metric.title for metric in served.quality.metrics(entry.key)]
    assert len(titles) == len(set(titles))
    served.close()


def test_settings_kept_by_a_name_that_two_channels_share_hold_for_both() -> None:
    two = [channel(0, "GFP"), channel(1, "GFP")]
    stored = {
        "nuclear": {"name": "GFP"},
        "clips": {"GFP": 4095, "GFP (1)": 255},
        "cuts": {"mean|GFP": [3.0, None], "mean|GFP (2)": None},
    }
    basis = basis_of(stored, two)
    assert basis.nuclear == 0
    assert {index: clip.level for index, clip in basis.clips.items()} == {
        0: 255.0,
        1: 4095.0,
    }
    # The second was taken back by a person.
    assert basis.cuts == {"mean.0": (3.0, None)}


def test_what_is_kept_of_channels_that_are_not_there_says_nothing() -> None:
    stored = {
        "nuclear": {"name": "gone"},
        "clips": {"gone": 9},
        "cuts": {"a|gone": [1]},
    }
    basis = basis_of(stored, [channel(0, "DAPI"), channel(1, "GFP")])
    assert basis == proposed([channel(0, "DAPI"), channel(1, "GFP")])
    assert basis.nuclear == 0


def test_limits_of_a_project_are_kept_for_all_plates_and_refused_out_of_range(
    service: Service,
) -> None:
    before = service.projects.settings_revision(FIRST)
    service.assay.keep_limit(FIRST, "background_unevenness", 70.0)
    assert service.assay.basis(SECOND).basis.limits == {"background_unevenness": 70.0}
    revision = service.projects.settings_revision(FIRST)
    assert revision != before
    document = service.projects.settings_document(revision)
    assert document is not None
    assert document["basis"]["limits"] == {"background_unevenness": 70.0}
    for metric, limit in (
        ("empty_tiles", 101.0),
        ("empty_tiles", 0.0),
        ("percent_saturated", float("nan")),
        ("power_log_log_slope", -2.0),
        ("<b>", 1.0),
    ):
        with pytest.raises(RefusedError):
            service.assay.keep_limit(FIRST, metric, limit)
    assert service.assay.basis(FIRST).basis.limits == {"background_unevenness": 70.0}
    service.assay.keep_limit(FIRST, "background_unevenness", None)
    assert service.assay.basis(FIRST).basis.limits == {}


def test_limits_that_nobody_can_mean_are_as_good_as_none() -> None:
    stored = {"limits": {"empty_tiles": 400, "mean": 3, "percent_saturated": 2}}
    assert basis_of(stored, [channel(0, "DNA")]).limits == {"percent_saturated": 2.0}


KEYS = st.sampled_from(
    ["limits", "empty_tiles", "nuclear", "clips", "cuts", "name", "DNA", "a|DNA"]
)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3)
    ),
)


@given(ANYTHING)
def test_settings_that_nobody_wrote_are_as_good_as_none(stored: object) -> None:
    basis = basis_of(stored, [channel(0, "DNA")])
    assert basis.nuclear == 0


def test_another_nuclear_channel_is_measured_and_the_first_stays_known(
    service: Service,
) -> None:
    view = service.assay.basis(FIRST)
    names = [
        channel_view.name for channel_view in service.plates.overview(FIRST).channels
    ]
    first = view.basis.nuclear
    assert first == names.index("DNA")
    assert not view.basis.nuclear_chosen
    other = 1 - first
    service.assay.keep_nuclear(FIRST, other)
    service.quality.measure(FIRST)
    ids = {metric.id for metric in service.quality.metrics(FIRST)}
    assert f"nucleus_count.{other}" in ids
    assert f"nucleus_count.{first}" not in ids
    values = service.quality.values(FIRST, f"channel_correlation.{first}").wells
    assert all(value.value is not None or value.reason for value in values.values())
    # It holds for the other plate of the folder, and can be taken back.
    assert service.assay.basis(SECOND).basis.nuclear == other
    service.assay.keep_nuclear(FIRST, None)
    assert service.assay.basis(SECOND).basis.nuclear == first


def test_a_clip_level_is_said_with_its_source(service: Service) -> None:
    before = service.assay.basis(FIRST).clips[0]
    assert before.level is None
    assert "not known" in before.source
    metric = "percent_saturated.0"
    assert all(
        well.value is None
        for well in service.quality.values(FIRST, metric).wells.values()
    )
    service.assay.keep_clip(FIRST, 0, 1)
    service.quality.measure(FIRST)
    after = service.assay.basis(FIRST).clips[0]
    assert (after.level, after.source) == (1.0, "set for this project")
    values = service.quality.values(FIRST, metric).wells
    assert any((value.value or 0) > 0 for value in values.values())
    with pytest.raises(RefusedError, match="above 0"):
        service.assay.keep_clip(FIRST, 0, -1)
    service.assay.keep_clip(FIRST, 0, None)
    assert service.assay.basis(FIRST).clips[0].level is None


# --- from fields to wells ------------------------------------------------------------


@pytest.mark.parametrize("way", ["median", "worst", "mean", "min", "max", "sd", "cv"])
def test_fields_become_wells_in_every_way(service: Service, way: str) -> None:
    fields = service.quality.field_numbers(FIRST, "mean.0")["A1"]
    result = service.quality.values(FIRST, "mean.0", way=way).wells["A1"]
    numbers = np.array(list(fields.values()))
    plate = service.quality.field_numbers(FIRST, "mean.0").values()
    usual = np.median([value for well in plate for value in well.values()])
    expected = {
        "median": np.median(numbers),
        "worst": numbers[np.argmax(abs(numbers - usual))],
        "mean": numbers.mean(),
        "min": numbers.min(),
        "max": numbers.max(),
        "sd": numbers.std(ddof=1),
        "cv": 100 * numbers.std(ddof=1) / numbers.mean(),
    }[way]
    assert result.value == pytest.approx(expected)
    assert (result.n, result.of) == (2, 2)


def test_one_field_of_each_well_can_be_shown(service: Service) -> None:
    names = service.plates.field_names(FIRST)
    result = service.quality.values(FIRST, "mean.0", way=f"field:{names[1]}").wells[
        "A1"
    ]
    assert (
        result.value == service.quality.field_numbers(FIRST, "mean.0")["A1"][names[1]]
    )
    none = service.quality.values(FIRST, "mean.0", way="field:nowhere").wells["A1"]
    assert (none.value, none.reason) == (None, "no such field")


def test_limits_span_the_plates_of_the_project(service: Service) -> None:
    low, high = service.plate_trends.limits(FIRST, "mean.0", None, "") or (0, 0)
    values = [
        well.value
        for key in (FIRST, SECOND)
        for well in service.quality.values(key, "mean.0").wells.values()
    ]
    assert min(values) <= low <= high <= max(values)


# --- plate maps ----------------------------------------------------------------------


def test_a_map_is_shown_with_what_is_wrong_before_it_is_taken(service: Service) -> None:
    preview = service.assay.preview_map(FIRST, LONG, "map.csv")
    assert (preview.barcodes, preview.barcode) == (("one", "two"), "one")
    assert preview.wells == 2
    assert preview.missing == ("A3", "B1", "B2", "B3")
    assert any("H12" in text for text in preview.problems)
    assert any("A1" in text and "different values" in text for text in preview.problems)
    assert preview.roles.mapping.role == "Content"
    assert dict(preview.roles.mapping.values) == {"pos": "positive", "neg": "negative"}
    # Nothing is kept by looking.
    assert not service.plates.overview(FIRST).condition_names


def test_the_barcode_that_the_export_gave_finds_a_plates_rows(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "screen" / "x.ome.zarr", name="run 7")
    document = path / "zarr.json"
    content = json.loads(document.read_text())
    content["attributes"]["hcs"] = {"import": {"barcode": "TWO"}}
    document.write_text(json.dumps(content))
    with hcs.from_hcs_zarr(path) as plate:
        assert plate.barcode == "TWO"
    made = compose(
        [path.parent], open_workspace(tmp_path / "workspace"), Options(workers=0)
    )
    try:
        assert made.plates.overview("x.ome.zarr").barcode == "TWO"
        preview = made.assay.preview_map("x.ome.zarr", LONG, "map.csv")
    finally:
        made.close()
    assert preview.barcode == "two"


def test_one_map_goes_to_many_plates_by_barcode(service: Service) -> None:
    mapping = RoleMapping(role="Content", values={"pos": "positive", "neg": "negative"})
    given = service.assay.keep_map(
        FIRST, LONG, "map.csv", barcode="one", mapping=mapping, others=True, who="Ana"
    )
    assert given == 2
    assert service.projects.roles(FIRST).counts == {"positive": 1, "negative": 1}
    assert service.projects.roles(SECOND).counts == {"negative": 1}
    assert service.projects.roles(SECOND).chosen
    assert (
        dict(service.plates.overview(FIRST).well("A1").conditions)["Conc_uM"] == "1.5"
    )
    assert service.assay.map_source(SECOND)["who"] == "Ana"
    # What is exported can be given again.
    text = as_csv(service.plates.overview(FIRST)).encode()
    again = service.assay.preview_map(FIRST, text, "again.csv")
    assert (again.wells, again.roles.chosen) == (2, True)
    for key in (FIRST, SECOND):
        service.assay.forget_map(key)
        assert not service.plates.overview(key).condition_names


@pytest.mark.parametrize("text", ["=1", "|x", "%x", " =1", "\t=1", "-1+1"])
def test_an_exported_map_holds_nothing_that_a_spreadsheet_runs(
    service: Service, text: str
) -> None:
    overview = service.plates.overview(FIRST)
    well = replace(overview.wells[0], conditions=((text, text), ("n", "-1.5e-3")))
    table = as_csv(replace(overview, wells=(well,)))
    rows = list(csv.reader(io.StringIO(table)))
    assert rows[0] == ["well", f"'{text}", "n"]
    assert rows[1] == ["A1", f"'{text}", "-1.5e-3"]


def test_a_map_in_the_shape_of_the_plate_is_read(service: Service) -> None:
    shaped = b"role,1,2,3\nA,pos,neg,\nB,,neg,pos\n"
    preview = service.assay.preview_map(FIRST, shaped, "shape.csv")
    assert (preview.shape, preview.wells) == ("plate", 4)
    assert preview.roles.counts == {"positive": 2, "negative": 2}


def test_controls_can_be_typed_and_hold_for_the_project(service: Service) -> None:
    service.assay.keep_typed(FIRST, {"positive": "A-B:3", "negative": "col:1"})
    for key in (FIRST, SECOND):
        roles = service.projects.roles(key)
        assert roles.counts == {"positive": 2, "negative": 2, "sample": 2}
        assert (roles.letter("B3"), roles.letter("A1")) == ("P", "N")
    with pytest.raises(HCSError, match="both"):
        service.assay.keep_typed(FIRST, {"positive": "A1-B2", "negative": "A01"})
    with pytest.raises(HCSError):
        service.assay.keep_typed(FIRST, {"positive": "col:99"})
    assert service.assay.typed(FIRST) == {"positive": "A-B:3", "negative": "col:1"}
    service.assay.keep_typed(FIRST, {})
    assert service.projects.roles(SECOND).counts == {}


def test_two_who_keep_cut_offs_of_different_metrics_at_once_lose_none(
    service: Service,
) -> None:
    # Another server over the same workspace has looked at the project already.
    folder = Path(service.plates.overview(FIRST).location).parent
    other = compose([folder], service.workspace, Options(workers=0, measure=False))
    try:
        other.quality.measure(FIRST)
        assert other.assay.basis(FIRST).basis.cuts == {}
        service.assay.keep_cut(FIRST, "mean.0", (1.0, None))
        other.assay.keep_cut(FIRST, "mean.1", (2.0, None))
        assert set(other.assay.basis(FIRST).basis.cuts) == {"mean.0", "mean.1"}
    finally:
        other.assay.keep_cut(FIRST, "mean.0", None)
        other.assay.keep_cut(FIRST, "mean.1", None)
        other.close()


# --- measurements of other programs --------------------------------------------------


TABLE = b"""Metadata_Well,Metadata_Site,Cells_Count,Notes
a01,0,10,x
a01,1,30,y
B3,0,7,z
Q9,0,7,z
"""


def test_imported_columns_are_metrics_like_ours(service: Service) -> None:
    preview = service.imports.preview(FIRST, TABLE, "cells.csv")
    assert [column[:2] for column in preview.columns] == [("Cells_Count", 2)]
    assert (preview.wells, preview.missing, preview.field_column) == (
        2,
        4,
        "Metadata_Site",
    )
    assert preview.problems
    service.imports.take(FIRST, TABLE, "cells.csv", {"Cells_Count"}, "Ana")
    (info,) = [
        metric for metric in service.quality.metrics(FIRST) if metric.kind == "imported"
    ]
    assert info.id == "imported:Cells_Count"
    assert "cells.csv by Ana" in info.definition
    values = service.quality.values(FIRST, info.id).wells
    assert values["A1"].value == 20
    assert service.quality.values(FIRST, info.id, way="max").wells["A1"].value == 30
    assert values["A2"].value is None
    assert "no value" in (values["A2"].reason or "")
    assert service.quality.statistics(FIRST, info.id).wells == 2
    assert not any(
        metric.kind == "imported" for metric in service.quality.metrics(SECOND)
    )
    service.imports.remove(FIRST, {"Cells_Count"})
    assert not any(
        metric.kind == "imported" for metric in service.quality.metrics(FIRST)
    )


def test_the_preview_counts_cells_that_are_no_numbers(service: Service) -> None:
    table = b"Well,x\nA1,1\nA2,OVRFLW\nA3,<0.1\n"
    preview = service.imports.preview(FIRST, table, "t.csv")
    assert preview.columns == (("x", 1, 1.0, 1.0, 2),)
    assert "'OVRFLW' in line 3, '<0.1' in line 4" in preview.problems[0]


def test_a_table_by_number_is_counted_on_the_microplate(service: Service) -> None:
    preview = service.imports.preview(FIRST, b"Well,x\n1,1\n4,2\n", "t.csv")
    assert (preview.wells, preview.unmatched) == (2, ())
    assert "counted row by row on a 6-well plate" in preview.problems[0]


def test_a_failed_field_takes_its_own_number_along_and_no_other(
    service: Service,
) -> None:
    table = b"Well,Site,Hits\nA1,1,10\nA1,2,30\nA1,3,80\n"
    preview = service.imports.preview(FIRST, table, "sites.csv")
    assert (preview.site_rule, preview.sites) == (
        "from 1",
        (("1", "0", 1), ("2", "1", 1)),
    )
    assert preview.strange_sites == (("3", 1),)
    service.imports.take(FIRST, table, "sites.csv", {"Hits"}, "Ana")
    metric = "imported:Hits"
    assert service.quality.field_numbers(FIRST, metric)["A1"] == {
        "0": 10,
        "1": 30,
        "site 3": 80,
    }
    assert service.quality.values(FIRST, metric, way="field:1").wells["A1"].value == 30
    decision = Decision(Subject("A/1", "1"), "field")
    batch = service.decisions.judge(
        FIRST, [decision], "fail", Who("Ana", "typed")
    ).batch
    service.reviews.read(FIRST)
    try:
        assert service.quality.values(FIRST, metric, way="max").wells["A1"].value == 80
        assert service.quality.values(FIRST, metric).wells["A1"].value == 45
    finally:
        service.decisions.undo(FIRST, Who("Ana", "typed"), batch)
        service.imports.remove(FIRST, {"Hits"})


def test_imported_numbers_are_those_of_the_acquisition_that_is_shown(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=2, acquisitions=[0, 1])
    made = compose([path], open_workspace(tmp_path / "workspace"), Options(workers=0))
    try:
        (entry,) = made.plates.entries()
        key, imports = entry.key, made.imports
        names = [field.name for field in made.plates.well(key, "A1").fields]
        made.quality.measure(key)
        table = b"Well,Site,Hits\nA1,1,10\nA1,2,30\nA2,7,5\n"
        # A table that may be of either acquisition is of none of their fields.
        assert imports.preview(key, table, "t.csv").sites == ()
        imports.take(key, table, "t.csv", {"Hits"}, "Ana", acquisition=1)
        metric = "imported:Hits"
        assert set(made.quality.field_numbers(key, metric)["A1"]) == set(names[2:])
        assert made.quality.values(key, metric, 1).wells["A1"].value == 20
        assert made.quality.values(key, metric, 0).wells["A1"].value is None
        assert made.quality.values(key, metric, 0).wells["A2"].value == 5
    finally:
        made.close()


def test_a_table_of_whole_wells_knows_no_rule_about_fields(service: Service) -> None:
    service.imports.take(
        FIRST, b"Well,Hits\nA1,10\nB3,7\n", "wells.csv", {"Hits"}, "Ana"
    )
    before = service.projects.rules(FIRST)
    service.projects.keep_rules(FIRST, replace(before, min_fields=2))
    decision = Decision(Subject("A/1", "0"), "field")
    batch = service.decisions.judge(
        FIRST, [decision], "fail", Who("Ana", "typed")
    ).batch
    service.reviews.read(FIRST)
    try:
        values = service.quality.values(FIRST, "imported:Hits").wells
        assert (values["A1"].value, values["B3"].value) == (10, 7)
        assert values["A1"].n is None
        assert service.quality.values(FIRST, "mean.0").wells["A1"].value is None
    finally:
        service.decisions.undo(FIRST, Who("Ana", "typed"), batch)
        service.projects.keep_rules(FIRST, before)
        service.imports.remove(FIRST, {"Hits"})


def test_a_table_of_other_wells_brings_nothing(service: Service) -> None:
    with pytest.raises(HCSError):
        service.imports.take(FIRST, b"well,n\nH12,3\n", "x.csv", {"n"}, "")
    assert service.imports.metrics(FIRST) == ()


def test_a_plate_is_judged_again_once_there_are_others_to_compare_with(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "screen"
    names = [f"p{number}.ome.zarr" for number in range(6)]
    folder.mkdir()
    size = {"rows": 1, "columns": 1, "fields": 1, "shape": (256, 256)}
    for seed, name in enumerate(names):
        make_demo_plate(folder / name, kind="clean", seed=seed, **size)
    made = compose([folder], open_workspace(tmp_path / "workspace"), Options(workers=0))
    try:
        for name in names:
            made.quality.measure(name)
        made.quality.judgement(names[0])  # somebody looks at it
        judges = made.quality._measuring._judges
        judges.submit(lambda: None).result()  # its turn has come
        again = made.quality.judgement(names[0])
        assert again.others == 5
        kinds = {check.kind: check.text for check in again.checks}
        assert kinds["focus"].endswith("compared with 5 other plates")
    finally:
        made.close()
