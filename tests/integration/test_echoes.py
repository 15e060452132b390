"""What a page asks for that shows something older, and what an echo answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests import plates
from tests.integration.serving import service, surveyed
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service

KEY, OTHER = "p.ome.zarr", "q.ome.zarr"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    folder = tmp_path_factory.mktemp("echoes")
    paths = [
        plates.make(folder / key, fields=2, shape=(16, 16), z=4) for key in (KEY, OTHER)
    ]
    with service(folder / "workspace", *paths, measure=False) as started:
        surveyed(started, KEY)
        surveyed(started, OTHER)
        yield started


@pytest.fixture
def visit(made: Service) -> Iterator[Visit]:
    opened = Visit(made, f"plate={KEY}&well=A1&field=0")
    yield opened
    opened.close()


def test_the_plane_of_a_viewer_comes_with_the_message_that_it_answers(
    visit: Visit,
) -> None:
    assert visit.content("field_viewer")["ack"] == 0
    for number, z in ((7, 3), (8, 1)):
        visit.act("field_viewer", type="axis", axis="z", value=z, seq=number)
        content = visit.content("field_viewer")
        assert (content["z"], content["ack"]) == (z, number)


def setting(**changes: object) -> dict[str, object]:
    """Return a channel as the page sends it."""
    limits = {"low": 1, "high": 9, "gamma": 1, "active": True}
    return {"index": 0, "color": "00FF00", **limits, **changes}


def test_a_contrast_of_the_plate_before_does_not_become_that_of_the_open_one(
    visit: Visit,
) -> None:
    message = {"type": "channels", "source": "hand", "channels": [setting()]}
    visit.act("channels", **message, plate=KEY)
    assert visit.content("channels")["source"] == "hand"
    visit.act("header", type="plate", plate=OTHER)
    own = visit.content("channels")
    assert (own["plate"], own["source"]) == (OTHER, "plate")
    for kind in ("channels", "reset", "auto"):
        visit.act("channels", **{**message, "type": kind}, plate=KEY, seq=20)
        assert visit.session.state.channels == ()
        assert visit.content("channels") == {**own, "ack": 20}
    visit.act("channels", **message, plate=OTHER)
    assert visit.content("channels")["source"] == "hand"


def test_a_contrast_is_named_after_the_field_that_was_measured(visit: Visit) -> None:
    message = {"type": "channels", "plate": KEY, "source": "field"}
    visit.send("field_viewer", type="field", step=1)
    visit.act("channels", **message, origin="A1 s1", channels=[setting()])
    assert (visit.session.state.field, visit.session.state.contrast) == ("1", "A1 s1")
    assert visit.content("channels")["where"] == "A1 s1"
    visit.act("channels", **message, origin="A1 s1", channels=[setting(color="0000FF")])
    assert visit.content("channels")["where"] == "A1 s1"


def test_previews_are_stopped_of_the_plate_that_a_page_names_alone(
    made: Service, visit: Visit
) -> None:
    stopped = made.previews.stopped
    visit.act("plate_canvas", type="previews", act="stop", plate=OTHER)
    assert (stopped(KEY), stopped(OTHER)) == (False, False)
    visit.act("plate_canvas", type="previews", act="stop", plate=KEY)
    assert (stopped(KEY), stopped(OTHER)) == (True, False)
    visit.act("plate_canvas", type="previews", act="continue", plate=KEY)
