"""What is stored of a plate, judged: suspects, baselines that stay, and roles."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine

from dashboard.plates.values import (
    ChannelDisplay,
    FieldState,
    PlateOverview,
    WellState,
    field_words,
)
from dashboard.projects.roles import RoleStore
from dashboard.quality.judgement import Judgement
from dashboard.quality.judging import Judging
from dashboard.quality.measure_settings import proposed
from dashboard.quality.statistics import PlateStatistics
from dashboard.quality.suspects import PlateEvidence, judge
from dashboard.quality.values import MetricInfo, MetricValue, MetricValues
from dashboard.settings import Settings, project_of
from dashboard.storage.database import metadata
from hcs.qc.plates.check import Check
from hcs.qc.plates.roles import RoleMapping
from hcs.qc.registry import definition

if TYPE_CHECKING:
    from pathlib import Path

FOCUS = definition("power_log_log_slope").key
COLUMNS = 12


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Return settings in a database of their own."""
    engine = create_engine(f"sqlite:///{tmp_path / 'w.sqlite'}")
    metadata.create_all(engine)
    return Settings(engine)


def channel(index: int, name: str) -> ChannelDisplay:
    """Return a channel; how it is drawn does not matter here."""
    return ChannelDisplay(
        index=index,
        name=name,
        color="ffffff",
        low=0,
        high=1,
        source="plate",
        minimum=0,
        maximum=1,
    )


def overview(**states: str) -> PlateOverview:
    """Return 2 x 12 wells; the first column is negative, the last positive."""
    wells = []
    for row in range(2):
        for column in range(COLUMNS):
            label = f"{'AB'[row]}{column + 1:02d}"
            role = {0: "-1", COLUMNS - 1: "1"}.get(column, "0")
            wells.append(
                WellState(
                    label=label,
                    path=f"{'AB'[row]}/{column + 1}",
                    row=row,
                    column=column,
                    state=states.get(label, "present"),  # type: ignore[arg-type]
                    n_fields=1,
                    expected_fields=1,
                    conditions=(("My_Controls", role),),
                )
            )
    return PlateOverview(
        key="p",
        id="p",
        name="p",
        version="0.5",
        location="/screens/one/p.zarr",
        writable=True,
        rows=("A", "B"),
        columns=tuple(str(number + 1) for number in range(COLUMNS)),
        wells=tuple(wells),
        channels=(channel(0, "DNA"),),
    )


def evidence(plate: PlateOverview, **focus: float) -> PlateEvidence:
    """Return a plate whose fields are in focus but for those that are given."""
    there = [well for well in plate.wells if well.state == "present"]
    return PlateEvidence(
        overview=plate,
        fields={
            well.path: (
                FieldState(
                    name="0",
                    label="s1",
                    acquisition=None,
                    acquisition_name=None,
                    version="v",
                ),
            )
            for well in there
        },
        channels=plate.channels,
        latest={
            (well.path, "0"): {
                f"{FOCUS}.0": focus.get(well.label, -1.5 - 0.01 * well.column)
            }
            for well in there
        },
        errors={},
    )


def test_a_blurred_field_is_suspect_in_words(settings: Settings) -> None:
    judging = Judging(settings, RoleStore(settings))
    judgement = judging.judge("p", evidence(overview(), B03=-6.1))
    assert judgement.ready
    assert [suspect.well for suspect in judgement.suspects] == ["B03"]
    reason = judgement.suspects[0].reasons[0]
    assert (
        reason.text == "channel DNA, field s1: out of focus? (focus -6.1), worst of 24"
    )
    assert reason.metric == "power_log_log_slope.0"


def test_missing_and_unreadable_wells_lead_the_list(settings: Settings) -> None:
    judging = Judging(settings, RoleStore(settings))
    plate = overview(A02="missing", A04="unreadable")
    judgement = judging.judge("p", evidence(plate, B03=-6.1))
    assert {suspect.well for suspect in judgement.suspects} == {"A02", "A04", "B03"}
    assert judgement.suspects[-1].well == "B03"
    assert judgement.by_well["A02"].score == 10


def test_a_plate_that_is_blurred_everywhere_is_said_to_be(settings: Settings) -> None:
    judging = Judging(settings, RoleStore(settings))
    plate = overview()
    blurred = {well.label: -5.0 - 0.01 * well.column for well in plate.wells}
    judgement = judging.judge("p", evidence(plate, **blurred))
    assert judgement.suspects == ()
    assert any(
        "focus is bad on the whole plate" in sentence for sentence in judgement.banner
    )


def test_two_fields_are_said_to_be_too_few_and_what_was_checked(
    settings: Settings,
) -> None:
    plate = overview()
    two = replace(plate, wells=plate.wells[:2])
    judgement = Judging(settings, RoleStore(settings)).judge("p", evidence(two))
    assert judgement.suspects == ()
    assert judgement.few.startswith(
        "Too few to compare: 2 fields, a comparison needs 16. Checked by what needs"
    )
    enough = Judging(settings, RoleStore(settings)).judge("q", evidence(plate))
    assert enough.few == ""
    assert (
        "compared with 24 fields of this plate"
        in {check.kind: check.text for check in enough.checks}["focus"]
    )


def test_many_fields_without_a_value_are_not_said_to_be_few() -> None:
    unmeasured = Check(kind="focus", text="", fields=0)
    judgement = Judgement(ready=True, fields=1536, checks=(unmeasured,))
    assert judgement.few.startswith(
        "Nothing to compare: no metric has values in 16 fields. Checked by"
    )


def with_optics(given: PlateEvidence, pixel: float, exposure: str) -> PlateEvidence:
    """Return evidence of fields of another objective and exposure."""
    fields = {
        well: tuple(
            replace(view, axes=("c", "y", "x"), scale=(1.0, pixel, pixel))
            for view in views
        )
        for well, views in given.fields.items()
    }
    return replace(
        given,
        fields=fields,
        exposures={"DNA": exposure},
        basis=proposed(given.channels),
    )


def test_a_plate_is_compared_with_five_others_of_the_same_optics(
    settings: Settings,
) -> None:
    judging = Judging(settings, RoleStore(settings))
    plate = overview()
    for number in range(5):
        given = with_optics(evidence(plate), 0.65, "50 ms")
        judged = judging.judge(f"p{number}", given)
        assert judged.others == number
    dull = {well.label: -2.4 - 0.01 * well.column for well in plate.wells}
    same = with_optics(evidence(plate, **dull), 0.65, "50 ms")
    (sentence,) = judging.judge("dull", same).banner
    assert sentence.startswith("focus is worse than on 5 other plates (channel DNA")
    for other in (
        with_optics(evidence(plate, **dull), 0.325, "50 ms"),
        with_optics(evidence(plate, **dull), 0.65, "20 ms"),
    ):
        judged = judging.judge("dull", other)
        assert judged.banner == ()
        assert judged.others == 0
        text = {check.kind: check.text for check in judged.checks}["focus"]
        assert "too few other plates to compare (0 of 5)" in text


def test_a_plate_that_is_bad_as_a_whole_is_nothing_to_compare_with(
    settings: Settings,
) -> None:
    judging = Judging(settings, RoleStore(settings))
    plate = overview()
    blurred = {well.label: -5.0 - 0.01 * well.column for well in plate.wells}
    judging.judge("p", evidence(plate))
    assert judging.medians.number("q", plate.location) == 1
    judging.judge("p", evidence(plate, **blurred))
    assert judging.medians.number("q", plate.location) == 0


def test_controls_are_judged_by_the_cut_off_that_is_drawn(settings: Settings) -> None:
    plate = overview()
    first = Judging(settings, RoleStore(settings)).judge("p", evidence(plate))
    low, _ = first.cuts["power_log_log_slope.0"]
    assert low is not None
    for label in ("A01", "B01", "A12", "A05"):
        for value in (low - 0.01, low + 0.01):
            given = evidence(plate, **{label: value})
            again = Judging(settings, RoleStore(settings)).judge("p", given)
            assert again.cuts == first.cuts
            assert (label in again.by_well) == (value < low)


def test_baselines_stay_until_somebody_renews_them(settings: Settings) -> None:
    judging = Judging(settings, RoleStore(settings))
    plate = overview()
    assert not judging.judge("p", evidence(plate)).moved
    shifted = {well.label: -2.9 - 0.01 * well.column for well in plate.wells}
    later = judging.judge("p", evidence(plate, **shifted))
    assert later.moved
    assert len(later.suspects) > 20
    renewed = judging.judge("p", evidence(plate, **shifted), anew=True)
    assert not renewed.moved
    assert renewed.suspects == ()


def test_a_mapping_holds_for_the_project_and_can_be_taken_back(
    settings: Settings,
) -> None:
    book = RoleStore(settings)
    plate = overview()
    proposed = book.view(plate)
    assert not proposed.chosen
    assert proposed.counts == {"positive": 2, "negative": 2, "sample": 20}
    assert (proposed.letter("A01"), proposed.letter("A02")) == ("N", "")
    turned = RoleMapping(role="My_Controls", values={"-1": "positive"})
    book.keep(plate, turned)
    chosen = RoleStore(settings).view(plate)
    assert chosen.chosen
    assert chosen.counts == {"positive": 2}
    book.keep(plate, None)
    assert book.view(plate) == proposed


def values(plate: PlateOverview, metric: str = "mean.0") -> MetricValues:
    """Return values that tell the controls apart."""
    return MetricValues(
        metric=MetricInfo(id=metric, title="Mean", channel=0),
        wells={
            well.label: MetricValue(value=10.0 + well.column + 0.1 * well.row)
            for well in plate.wells
        },
    )


def test_too_few_controls_give_no_number_and_say_so(settings: Settings) -> None:
    statistics = PlateStatistics(settings, RoleStore(settings)).view(
        overview(), values(overview())
    )
    first = statistics.controls[0]
    assert (first.id, first.value, first.n) == ("z_prime", None, "2 + 2")
    assert first.note.startswith("needs 4 positive and 4 negative wells")
    assert first.meaning


def test_only_the_assay_metric_is_not_exploratory(settings: Settings) -> None:
    made = PlateStatistics(settings, RoleStore(settings))
    plate = overview()
    assert made.view(plate, values(plate)).exploratory
    made.keep_assay_metric(plate, "mean.0")
    assert not made.view(plate, values(plate)).exploratory
    assert made.view(plate, values(plate, "p99.0")).exploratory


def test_failed_wells_are_left_out_and_counted(settings: Settings) -> None:
    plate = overview()
    statistics = PlateStatistics(settings, RoleStore(settings)).view(
        plate, values(plate), failed={"A01", "A05"}
    )
    assert statistics.left_out == (("negative", 1), ("sample", 1))


def test_plates_of_one_folder_are_one_project() -> None:
    assert project_of("/a/b/p.zarr") == project_of("/a/b/q.zarr/") == "/a/b"


def test_cut_offs_of_a_person_hold_instead_of_ours(settings: Settings) -> None:
    judging = Judging(settings, RoleStore(settings))
    measured = evidence(overview(), A05=-1.9)
    plain = judging.judge("p", measured)
    low, high = plain.cuts["power_log_log_slope.0"]
    assert high is None
    assert low is not None
    assert low < -1.9
    assert plain.own_cuts == frozenset()
    assert "A05" not in plain.by_well

    basis = replace(measured.basis, cuts={"power_log_log_slope.0": (-1.8, None)})
    own = judging.judge("p", replace(measured, basis=basis))
    assert own.cuts["power_log_log_slope.0"] == (-1.8, None)
    assert own.own_cuts == {"power_log_log_slope.0"}
    assert set(own.by_well) == {"A05"}
    assert own.by_well["A05"].score > 1


@given(st.floats(-8, -1.3, allow_nan=False))
def test_what_lies_beyond_the_drawn_cut_off_is_suspect(value: float) -> None:
    plate = overview()
    judged, used = judge(evidence(plate), {}, None)
    low, _ = judged.cuts["power_log_log_slope.0"]
    assert low is not None
    if abs(value - low) < 1e-6:
        return
    again, _ = judge(evidence(plate, A05=value), {}, used)
    assert ("A05" in again.by_well) == (value < low)


BACKGROUND = definition("background_level").key


def two_channels(*names: str) -> PlateEvidence:
    """Return a plate of two channels whose backgrounds and focus lie far apart."""
    plate = replace(
        overview(), channels=tuple(channel(at, name) for at, name in enumerate(names))
    )
    return replace(
        evidence(plate),
        latest={
            (well.path, "0"): {
                f"{key}.{index}": level * (1 + 0.001 * well.column)
                for key, levels in ((FOCUS, (-1.5, -3.0)), (BACKGROUND, (500, 5000)))
                for index, level in enumerate(levels)
            }
            for well in plate.wells
        },
    )


def test_channels_of_one_name_have_baselines_and_cut_offs_of_their_own() -> None:
    judged, used = judge(two_channels("GFP", "GFP"), {}, None)
    apart, _ = judge(two_channels("DNA", "GFP"), {}, None)
    assert judged.cuts == apart.cuts
    assert {key.rpartition(".")[2] for key in judged.cuts} == {"0", "1"}
    assert used["background_level", "GFP (1)", None].median < 600
    assert used["background_level", "GFP (2)", None].median > 4900


def test_baselines_that_channels_of_one_name_shared_are_made_anew(
    settings: Settings,
) -> None:
    shared = two_channels("GFP", "GFP")
    judging = Judging(settings, RoleStore(settings))
    # As it was kept before: one row a name, signed without the names of channels.
    judging.judge("other", two_channels("A", "B"))
    signature = settings.get("baselines", "other")["signature"]
    row = ["background_level", "GFP", None, 2750.0, 2250.0, 48]
    settings.put({"signature": signature, "baselines": [row]}, "baselines", "p")
    judged = judging.judge("p", shared)
    assert {key.rpartition(".")[2] for key in judged.cuts} == {"0", "1"}
    assert not judged.moved


def test_a_field_has_the_sources_label_and_a_single_one_no_number() -> None:
    assert field_words("s1") == "s1"
    assert field_words("0") == "field 0"
    assert field_words("0", alone=True) == "field"
