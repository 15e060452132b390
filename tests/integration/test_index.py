"""The list of plates: progress, order, and what stands out."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from tests import plates
from tests.integration.judged import ADA
from tests.integration.serving import service, surveyed, wait_for


def test_plates_with_something_to_do_come_first_then_the_newest(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "served"
    for age, name in enumerate(("old", "new", "done", "signed")):
        made = plates.make(folder / f"{name}.zarr", fields=1, shape=(16, 16))
        stamp = 1_000_000 + age * 1000
        os.utime(made / "zarr.json", (stamp, stamp))
    (folder / "broken.zarr").mkdir()
    (folder / "broken.zarr" / "zarr.json").write_text('{"plate": ')
    with service(tmp_path / "workspace", folder) as running:
        for name in ("old", "new", "done", "signed"):
            surveyed(running, f"{name}.zarr")
        listed = [
            Decision(Subject(well.path), "thumbnails")
            for well in running.plates.overview("done.zarr").wells
            if well.state != "not_acquired"
        ]
        running.decisions.judge("done.zarr", listed, "pass", ADA)
        running.decisions.judge("old.zarr", listed[:1], "fail", ADA)
        running.signing.sign_off("signed.zarr", ADA)
        running.quality.measure("old.zarr")
        wait_for(lambda: running.quality.judgement("old.zarr").ready)

        def lines() -> dict[str, object]:
            return {line.entry.key: line for line in running.plate_list.lines()}

        wait_for(lambda: lines()["old.zarr"].suspects is not None)
        order = list(lines())
        assert order == [
            "new.zarr",
            "old.zarr",
            "signed.zarr",
            "done.zarr",
            "broken.zarr",
        ]
        old = lines()["old.zarr"]
        assert (old.tally.reviewed, old.tally.total) == (1, 6)
        assert (old.wells[0].verdict, old.wells[0].stale) == ("fail", False)
        assert len(old.wells) == old.rows * old.columns
        assert "6 wells" in old.completeness
        assert lines()["new.zarr"].completeness != ""
        assert lines()["signed.zarr"].signed.who == "Ada"
        assert lines()["signed.zarr"].finished
        assert lines()["done.zarr"].finished
        assert lines()["broken.zarr"].entry.error is not None
    # What stood out is known to the next server before it has read a measurement.
    with service(tmp_path / "workspace", folder, measure=False) as again:
        (old,) = [
            line for line in again.plate_list.lines() if line.entry.key == "old.zarr"
        ]
        assert old.suspects is not None
        assert old.tally.reviewed == 1


def test_a_line_has_the_assay_window_of_the_plates_page_and_hides_it_from_the_blind(
    tmp_path: Path,
) -> None:
    key = "assay.zarr"
    roles = {"1": "positive", "2": "negative", "3": "sample"}
    wells = {f"{row}/{column}": [roles[column]] for row in "ABCD" for column in roles}
    plates.make(
        tmp_path / "served" / key,
        rows=4,
        columns=3,
        fields=1,
        pixels="random",
        annotations={"conditions": {"columns": ["role"], "wells": wells}},
    )
    with service(tmp_path / "workspace", tmp_path / "served") as made:
        made.quality.measure(key)
        wait_for(lambda: made.quality.judgement(key).ready)
        (line,) = made.plate_list.lines()
        assert line.assay is not None
        assert line.assay.metric == ""
        assert line.fields == (12, 12)
        (offer,) = made.assay_windows.offers([key])
        assert "mean.0" in {metric["id"] for metric in offer.metrics}
        made.quality.keep_assay_metric(key, "mean.0")
        shown = made.quality.statistics(key, "mean.0").controls[0].counted
        (line,) = wait_for(
            lambda: [
                line
                for line in made.plate_list.lines()
                if line.assay and line.assay.z_prime is not None
            ]
        )
        assert line.assay.z_prime == pytest.approx(shown, rel=1e-6)
        places = made.plate_list.with_condition("NEGAT")
        assert places == {key: "role: negative, 4 wells"}
        made.blind.begin(key, ADA, ["Ada", "Ben"], hide_conditions=True)
        (line,) = made.plate_list.lines()
        assert line.assay.z_prime is None
        assert made.plate_list.with_condition("negat") == {}
