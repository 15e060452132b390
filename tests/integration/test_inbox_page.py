"""Imports on the page of plates: who sees what, and what it does not lose."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from dashboard.accounts import Role
from dashboard.inbox.folders import InboxFolder, InboxSettings
from dashboard.inbox.running import ImportLimits
from dashboard.inbox.values import JobChoices
from hcs.metadata import Who
from tests import plates
from tests.integration.inbox_exports import write_export
from tests.integration.serving import person, service, wait_for
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

ADA = Who("Ada", "typed")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    """Serve an import that is done, one that failed, and an inbox that rests."""
    folder = tmp_path_factory.mktemp("secret-disk")
    for name in ("in", "into", "maps"):
        (folder / name).mkdir()
    (folder / "maps" / "P1.csv").write_text("well,compound\nA1,taxol\nQ99,x\n")
    write_export(folder / "exports" / "P1", wells=1)
    (folder / "exports" / "P1" / "extra.pdf").write_bytes(b"x")
    (folder / "exports" / "odd").mkdir()
    (folder / "in" / "linked").symlink_to(folder)
    inbox = InboxFolder(folder=str(folder / "in"), into=str(folder / "into"))
    with service(
        folder / "workspace",
        folder / "into",
        inbox=InboxSettings(folders=(inbox,)),
        import_limits=ImportLimits(maps=str(folder / "maps")),
    ) as made:
        for name in ("P1", "odd"):
            source = folder / "exports" / name
            made.inbox.add(source, folder / "into", JobChoices(), ADA)
        states = ["done", "failed"]
        wait_for(lambda: sorted(job.state for job in made.inbox.jobs()) == states)
        wait_for(made.inbox.arrivals)
        yield made


def seen_by(made: Service, role: Role) -> dict:
    visit = Visit(made, "", visitor=person(role))
    wait_for(lambda: visit.rest() or len(visit.content("inbox")["jobs"]) == 2)
    content = visit.content("inbox")
    visit.close()
    return content


def test_who_may_act_sees_reasons_paths_and_what_was_left_out(made):
    content = seen_by(made, Role.CURATOR)
    jobs = {job["name"]: job for job in content["jobs"]}
    assert jobs["odd"]["acts"] == ["again", "pattern", "ignore"]
    assert "holds no files" in jobs["odd"]["reason"]
    assert ["Skipped", "extra.pdf: is no image by its name"] in jobs["P1"]["details"]
    assert ["Plate map", "P1.csv"] in jobs["P1"]["details"]
    assert jobs["P1"]["plate"] == "P1.ome.zarr"
    assert "secret-disk" in jobs["P1"]["source"]
    assert len(content["inboxes"]) == 1
    assert content["arrivals"][0]["text"] == "Is a link, which is not followed"


@pytest.mark.parametrize("role", [Role.VIEWER, Role.REVIEWER])
def test_who_may_not_act_sees_how_far_imports_are_and_nothing_that_unblinds(made, role):
    content = seen_by(made, role)
    assert {job["name"]: job["state"] for job in content["jobs"]} == {
        "P1": "done",
        "odd": "failed",
    }
    assert all(job["acts"] == [] for job in content["jobs"])
    text = json.dumps(content)
    for secret in ("secret-disk", "taxol", "P1.csv", "extra.pdf", "Q99"):
        assert secret not in text
    assert "ask for the role curator" in content["barred"]["again"]


def test_with_an_inbox_the_list_is_the_first_page_although_there_is_one_plate(made):
    visit = Visit(made, "")
    assert len(made.plates.entries()) == 1
    assert visit.content("plates")["shown"]
    assert visit.content("header", "known")["list"]
    visit.act("inbox", type="plate", plate="P1.ome.zarr")
    assert not visit.content("plates")["shown"]
    visit.act("header", type="plate", plate="")
    assert visit.content("plates")["shown"]
    visit.close()


def test_what_a_part_learns_before_its_page_is_connected_is_drawn_when_it_is(
    tmp_path: Path,
):
    """What changes before the websocket is there may be lost, and is not sent again."""
    for name in ("a", "b"):
        plates.make(tmp_path / "plates" / f"{name}.ome.zarr", rows=1, columns=1)
    with service(tmp_path / "workspace", tmp_path / "plates") as made:
        visit = Visit(made, "", connected=False)
        first = visit.content("plates")
        assert first["plates"]
        wait_for(lambda: visit.rest() or visit.parts["plates"]._lines)
        assert visit.content("plates") == first
        visit.connect()
        assert visit.content("plates")["plates"] != first["plates"]
        visit.close()
