"""Addresses that name what a plate does not have, and keys that are early."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import plates
from tests.integration.serving import service, surveyed
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

KEY = "p.ome.zarr"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("unknown")
    path = plates.make(folder / KEY, fields=2, acquisitions=[0, 3], shape=(16, 16))
    with service(folder / "workspace", path, measure=False) as started:
        surveyed(started, KEY)
        yield started


@pytest.mark.parametrize(
    ("query", "text", "stage"),
    [
        (
            "well=Z99",
            "Well Z99 is not on this plate: its wells are A1 to B3.",
            "values",
        ),
        ("well=Z99&field=77", "Well Z99 is not on this plate:", "values"),
        ("well=A1&field=77", "Well A1 has no field 77: it has ", "well"),
        ("acquisition=7", "This plate has no acquisition 7: it has 0 (", "values"),
        (
            "channels=9:ff0000:1:2:1;0:00ff00:1:2:1",
            "This plate has no channel 9: it has 0 (",
            "values",
        ),
        ("metric=foo", "This plate has no metric foo: choose one of its ", "values"),
        ("well=A1&control=Z9", "Control Z9 is not on this plate:", "well"),
    ],
)
def test_what_an_address_names_in_vain_is_said_with_what_there_is(
    query: str, text: str, stage: str, made: Service
) -> None:
    visit = Visit(made, f"plate={KEY}&{query}")
    header = visit.content("header")
    assert [said[: len(text)] for said in header["unknown"]] == [text]
    assert header["stage"] == stage
    for wrong in ("Z9", "77", "=7", "9:", "foo"):
        assert wrong not in header["query"]
    assert visit.content("correction")["shown"] is (stage == "well")
    assert visit.content("verdict")["well"] == ("A1" if stage == "well" else "")
    visit.close()


def test_another_spelling_of_a_well_is_no_unknown_name(made: Service) -> None:
    visit = Visit(made, f"plate={KEY}&well=r01c02")
    assert visit.content("header")["where"]["well"] == "A2"
    assert visit.content("header")["unknown"] == []
    visit.close()


def test_the_first_acquisition_of_a_plate_that_declares_none_is_no_unknown_name(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1, shape=(16, 16))
    with service(tmp_path / "workspace", path, measure=False) as made:
        surveyed(made, KEY)
        for acquisition, unknown in ((0, 0), (1, 1)):
            visit = Visit(made, f"plate={KEY}&acquisition={acquisition}")
            assert len(visit.content("header")["unknown"]) == unknown
            assert "acquisition=all" in visit.content("header")["query"]
            visit.close()


def test_what_was_wrong_is_said_until_somebody_goes_on(made: Service) -> None:
    visit = Visit(made, f"plate={KEY}&well=Z99")
    visit.act("channels", type="auto", plate=KEY)
    assert visit.content("header")["unknown"]
    visit.act("plate_map", type="select", well="A2")
    assert visit.content("header")["unknown"] == []
    visit.close()


def test_a_field_is_opened_and_stepped_to_though_its_well_is_still_read(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}")
    visit.send("plate_map", type="select", well="A2")
    visit.send("header", type="open")
    assert visit.session.state.field == ""
    visit.rest()
    first = visit.session.state.field
    assert (visit.session.state.well, bool(first)) == ("A2", True)
    visit.send("plate_map", type="select", well="A3")
    visit.send("field_viewer", type="field", step=1)
    visit.rest()
    assert (visit.session.state.well, visit.session.state.field) == ("A3", first)
    # That the plate has changed meanwhile takes nothing back.
    visit.act("header", type="back")
    visit.send("plate_map", type="select", well="B1")
    visit.send("header", type="open")
    made.access.plate(KEY).bump()
    visit.look()
    visit.rest()
    assert (visit.session.state.well, bool(visit.session.state.field)) == ("B1", True)
    # Who chooses another well meanwhile has given up the one before.
    visit.act("header", type="back")
    visit.send("plate_map", type="select", well="B1")
    visit.send("header", type="open")
    visit.send("plate_map", type="select", well="B2")
    visit.rest()
    assert (visit.session.state.well, visit.session.state.field) == ("B2", "")
    visit.close()


def test_the_assay_setup_is_there_with_a_well_open_and_not_sent_anew(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={KEY}")
    before = visit.content("setup")
    assert before["shown"]
    visit.act("plate_map", type="select", well="A2")
    assert visit.content("setup") == before
    visit.close()
    visit = Visit(made, f"plate={KEY}&well=A2")
    assert visit.content("setup")["shown"]
    visit.close()
