"""A table has its measurements, or there is no table yet: never one without."""

from __future__ import annotations

import csv
import io
import threading
from typing import TYPE_CHECKING

import pytest

from dashboard.app import ServerSettings
from dashboard.errors import UnmeasuredError
from dashboard.exports.anndata_table import write_tables
from dashboard.quality import jobs
from tests import plates
from tests.integration.serving import Served, service, wait_for

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"
FILES = ("wells.csv", "fields.csv", "wells.parquet", "fields.parquet", "report.html")


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / KEY, rows=1, columns=2, pixels="random")


@pytest.fixture
def gate(monkeypatch: pytest.MonkeyPatch) -> threading.Event:
    """Hold measuring up until it is set."""
    opened = threading.Event()
    measure = jobs.measure_plate

    def waiting(*arguments, **options):
        assert opened.wait(60)
        return measure(*arguments, **options)

    monkeypatch.setattr(jobs, "measure_plate", waiting)
    return opened


def test_every_file_is_refused_until_the_plate_is_measured_and_complete_then(
    plate: Path, tmp_path: Path, gate: threading.Event
) -> None:
    with service(tmp_path / "w", plate) as made:
        with Served(made, ServerSettings(port=0)) as server:
            for name in FILES:
                answer = server.get(f"/export/{KEY}/{name}")
                assert answer.status == 503, name
                assert 1 <= int(answer.headers["Retry-After"]) <= 60
                assert "being read" in answer.json["error"]
            with pytest.raises(UnmeasuredError, match="being read"):
                write_tables(made, KEY)
            assert not (plate / "tables").exists()
            gate.set()
            first = wait_for(
                lambda: (
                    (a := server.get(f"/export/{KEY}/wells.csv")).status == 200 and a
                )
            )
            answers = {name: server.get(f"/export/{KEY}/{name}") for name in FILES}
        assert {answer.status for answer in answers.values()} == {200}
        assert answers["wells.csv"].body == first.body
        assert write_tables(made, KEY).is_dir()
    rows = list(csv.DictReader(io.StringIO(first.body.decode("utf-8-sig"))))
    assert len(rows) == 2
    assert all(row["ImageQuality_Mean_DNA"] for row in rows)


def test_a_restarted_server_gives_no_table_without_its_measurements(
    plate: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "w", plate) as made:
        made.quality.measure(KEY)
    with (
        service(tmp_path / "w", plate) as made,
        Served(made, ServerSettings(port=0)) as server,
    ):
        answers = [server.get(f"/export/{KEY}/wells.csv")]
        wait_for(
            lambda: (
                answers.append(server.get(f"/export/{KEY}/wells.csv"))
                or answers[-1].status == 200
            )
        )
    assert {answer.status for answer in answers} <= {200, 503}
    complete = {answer.body for answer in answers if answer.status == 200}
    assert len(complete) == 1
    assert b"ImageQuality_Mean_DNA" in complete.pop()


def test_a_plate_that_nobody_measures_is_told_apart_and_given_only_when_asked_for(
    plate: Path, tmp_path: Path
) -> None:
    with (
        service(tmp_path / "w", plate, measure=False) as made,
        Served(made, ServerSettings(port=0)) as server,
    ):
        answer = wait_for(
            lambda: (a := server.get(f"/export/{KEY}/wells.csv")).status != 503 and a
        )
        assert answer.status == 409
        assert "Retry-After" not in answer.headers
        assert "hcs-dashboard measure" in answer.json["error"]
        partial = server.get(f"/export/{KEY}/wells.csv?partial=yes")
    assert partial.status == 200
    rows = list(csv.DictReader(io.StringIO(partial.body.decode("utf-8-sig"))))
    assert [row["ImageQuality_Mean_DNA"] for row in rows] == ["", ""]
