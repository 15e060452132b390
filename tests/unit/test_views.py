"""What the parts of the page say: plain values in, plain values out."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import pytest

from dashboard.access import Act
from dashboard.plates.plate_text import plate_content
from dashboard.plates.values import (
    ChannelDisplay,
    ChannelSetting,
    FieldState,
    PlateOverview,
    WellState,
    WellView,
)
from dashboard.quality.values import MetricInfo, MetricValue, MetricValues
from dashboard.state import ViewState
from dashboard.views.channels import _setting
from dashboard.views.correction import targets
from dashboard.views.details import _plate
from dashboard.views.display import altered, drawn, shown
from dashboard.views.field_picture import picture_content, shown_plane
from dashboard.views.filters import FiltersIsland
from dashboard.views.header import HeaderIsland
from dashboard.views.island import Island, Message, Part, index_of, text_of
from dashboard.views.plate_map import PlateMapIsland, values_content
from dashboard.views.snapshot import Snapshot
from dashboard.views.wire import described, embedded, wire_of
from hcs.gaps import Gap


@pytest.mark.parametrize(
    ("texts", "waits"),
    [
        ({}, True),
        ({"content": {"shown": False}}, True),
        ({"content": {"shown": True, "title": "Light"}}, False),
        ({"content": {"shown": False}, "values": {"values": []}}, False),
    ],
    ids=["nothing yet", "not to be shown", "shown", "not to be shown, with values"],
)
def test_a_part_waits_as_long_as_none_of_its_texts_shows_anything(
    texts: dict[str, Any], *, waits: bool
) -> None:
    island = FiltersIsland()
    for name, content in texts.items():
        island.put(content, name)
    assert island.waits is waits


EVIL = "<img src=x onerror=alert(1)>"


def channel(index: int, **changes: Any) -> ChannelDisplay:
    given = {
        "index": index,
        "name": f"c{index}",
        "color": "00FF00",
        "low": 10.0,
        "high": 100.0,
        "source": "plate",
        "minimum": 0.0,
        "maximum": 4095.0,
    }
    return ChannelDisplay(**(given | changes))


def position(row: int, column: int, **changes: Any) -> WellState:
    label = f"{'AB'[row]}{column + 1:02d}"
    given = {
        "label": label,
        "path": f"{label[0]}/{column + 1}",
        "row": row,
        "column": column,
        "state": "present",
    }
    return WellState(**(given | changes))


def overview(wells: list[WellState], **changes: Any) -> PlateOverview:
    given = {
        "key": "p.zarr",
        "id": "x",
        "name": EVIL,
        "version": "0.5",
        "location": "/data/p.zarr",
        "writable": True,
        "rows": ("A", "B"),
        "columns": ("1", "2", "3"),
        "wells": tuple(wells),
        "channels": (channel(0), channel(1)),
    }
    return PlateOverview(**(given | changes))


def grid(**changes: Any) -> PlateOverview:
    return overview([position(r, c) for r in range(2) for c in range(3)], **changes)


def test_plate_content_is_one_entry_a_position() -> None:
    wells = [position(r, c) for r in range(2) for c in range(3)]
    wells[1] = position(0, 1, state="unreadable", error="broken")
    wells[5] = position(1, 2, corrected=True, n_fields=1, expected_fields=2)
    content = plate_content(overview(wells))
    assert content["rows"] == ["A", "B"]
    assert content["columns"] == ["1", "2", "3"]
    assert content["labels"] == ["A01", "A02", "A03", "B01", "B02", "B03"]
    assert content["states"] == [0, 2, 0, 0, 0, 0]
    assert content["errors"] == {"1": "broken"}
    assert content["corrected"] == [5]
    assert content["name"] == EVIL  # the page only ever makes text of it
    json.dumps(content, allow_nan=False)


def test_rows_of_two_letters_are_named_in_full() -> None:
    wells = [position(0, 0, label="AF01"), position(0, 1, label="AF02")]
    content = plate_content(overview(wells, rows=("AF",), columns=("1", "2")))
    assert content["rows"] == ["AF"]


def test_values_stand_in_the_order_of_the_grid() -> None:
    metric = MetricInfo(id="m", title="Mean", unit="counts")
    values = MetricValues(
        metric=metric,
        wells={
            "B02": MetricValue(value=4.5, field="s2"),
            "A01": MetricValue(value=None, reason="not measured yet"),
        },
        low=1.0,
        high=9.0,
    )
    content = values_content(values, grid())
    assert content is not None
    assert content["values"] == [None, None, None, None, 4.5, None]
    assert content["reasons"] == {"0": "not measured yet"}
    assert content["from"] == {"4": "s2"}
    assert values_content(None, grid()) is None


# --- contrast -------------------------------------------------------------------------


def test_untouched_channels_are_drawn_as_the_plate_has_them() -> None:
    channels = (channel(0), channel(1, active=False))
    assert [on for _, on in shown(channels, ViewState())] == [True, False]
    assert drawn(channels, ViewState()) == (channels[0].setting(),)
    assert not altered(channels, ViewState())


def test_a_channel_that_is_off_keeps_its_contrast() -> None:
    channels = (channel(0), channel(1))
    changed = ChannelSetting(index=1, color="FF0000", low=5, high=50, gamma=0.5)
    state = ViewState(channels=(channels[0].setting(),))
    pairs = shown(channels, state, switched_off=(changed,))
    assert pairs[1] == (changed, False)
    assert drawn(channels, ViewState(hidden=True)) == ()


def test_another_colour_is_no_other_contrast() -> None:
    channels = (channel(0),)
    red = ChannelSetting(index=0, color="FF0000", low=10.0, high=100.0)
    assert not altered(channels, ViewState(channels=(red,)))
    brighter = ChannelSetting(index=0, color="00FF00", low=10.0, high=50.0)
    assert altered(channels, ViewState(channels=(brighter,)))


GOOD = {"index": 0, "color": "00ff00", "low": 1, "high": 2, "gamma": 1, "active": True}


def test_a_setting_from_a_page_is_read() -> None:
    assert _setting(GOOD, 2) == (
        ChannelSetting(index=0, color="00FF00", low=1.0, high=2.0, gamma=1.0),
        True,
    )
    assert _setting({**GOOD, "gamma": 1e9}, 2)[0].gamma == 10.0  # type: ignore[index]


@pytest.mark.parametrize(
    "change",
    [
        {"index": 2},
        {"index": -1},
        {"index": "0"},
        {"color": "red"},
        {"color": 'ff0000" onload="'},
        {"low": math.nan},
        {"high": math.inf},
        {"gamma": None},
    ],
    ids=str,
)
def test_a_setting_that_makes_no_sense_is_dropped(change: dict[str, Any]) -> None:
    assert _setting({**GOOD, **change}, 2) is None


@pytest.mark.parametrize("sent", [None, 3, [], "x"])
def test_a_setting_that_is_none_is_dropped(sent: object) -> None:
    assert _setting(sent, 2) is None


# --- messages -------------------------------------------------------------------------


def test_messages_are_read_with_care() -> None:
    message = {"a": "x" * 50, "b": 3, "c": -1, "d": True, "e": 2.5, "f": 7.0}
    assert text_of(message, "a", 10) == "x" * 10
    assert text_of(message, "b") == ""
    assert text_of(message, "missing") == ""
    assert index_of(message, "b") == 3
    assert index_of(message, "f") == 7
    for name in "acde":
        assert index_of(message, name) is None


ASSETS = Path(__file__).resolve().parents[2] / "assets"


def test_every_part_names_a_script_that_is_there() -> None:
    parts = Island.__subclasses__()
    assert len(parts) > 3
    assert [part.module for part in parts if not (ASSETS / part.module).is_file()] == []


class Listening(Part):
    """Lets everything through."""

    def __init__(self, component: Island) -> None:
        session: Any = None
        super().__init__(session, component)

    gone = False

    def keep_refusal(self, act: Act) -> None:
        pass

    def reason_against(self, act: Act, message: Message) -> str:
        return ""

    def draw(self, now: Snapshot) -> None:
        raise NotImplementedError


class Refusing(Listening):
    """Lets nothing through."""

    def reason_against(self, act: Act, message: Message) -> str:
        return "not you"


def test_a_wire_carries_texts_out_and_messages_in() -> None:
    parts = {"header": HeaderIsland(), "plate_map": PlateMapIsland()}
    parts["header"].put({"plate": "p"}, "known")
    wire = wire_of(parts)
    model = wire.get_root()
    assert model.data.header__known == '{"plate":"p"}'
    parts["plate_map"].put({"values": [1]}, "values")
    assert wire.send()
    assert model.data.plate_map__values == '{"values":[1]}'
    assert not wire.send(), "it is sent once"
    assert type(wire_of(parts)) is type(wire)
    heard: list[object] = []
    Listening(parts["plate_map"]).component.on("select", heard.append, asks=Act.LOOK)
    Refusing(parts["header"]).component.on("home", heard.append, asks=Act.LOOK)
    sent = {"type": "select", "seq": 3, "well": "A1"}
    odd = (None, [], {}, {"part": "header"}, {"part": [1], "message": sent})
    refused = {"part": "header", "message": {"type": "home", "seq": 4}}
    for message in (*odd, {"part": "plate_map", "message": sent}, refused):
        wire._handle_msg(message)
    assert heard == [sent]
    assert (parts["plate_map"].last_message, parts["header"].last_message) == (3, 4)


def test_a_component_that_belongs_to_no_part_acts_on_nothing() -> None:
    island, heard = HeaderIsland(), list[object]()
    island.on("home", heard.append, asks=Act.LOOK)
    island.handle({"type": "home"})
    assert heard == []


def test_a_part_that_failed_in_the_browser_is_in_the_log_on_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    wire_of({"header": HeaderIsland()})._handle_msg(
        {"part": "header", "fault": "TypeError: no\nat header.js:1" + "x" * 9000}
    )
    (record,) = caplog.records
    assert record.levelname == "ERROR"
    assert "TypeError: no\\nat header.js:1" in record.getMessage()
    assert len(record.getMessage()) < 3000


def test_parts_are_described_with_their_scripts_and_texts() -> None:
    island = HeaderIsland()
    island.put({"plate": "</script>"})
    text = embedded(described({"header": island}))
    assert "<" not in text
    parts = json.loads(text)
    assert parts["header"]["script"] == "core/header.js"
    assert parts["header"]["texts"] == {
        "content": '{"plate":"</script>"}',
        "known": "",
        "rest": "",
        "ended": "",
        "ending": "",
        "check": "",
    }


# --- fields ---------------------------------------------------------------------------


def field(name: str, **changes: Any) -> FieldState:
    given = {
        "name": name,
        "label": f"s{name}",
        "acquisition": None,
        "acquisition_name": None,
        "version": "v",
        "axes": ("t", "c", "z", "y", "x"),
        "shape": (3, 2, 5, 30, 40),
        "dtype": "uint16",
        "scale": (1.0, 1.0, 2.0, 0.5, 0.25),
        "units": (None, None, "micrometer", "micrometer", "micrometer"),
    }
    return FieldState(**(given | changes))


def test_z_and_t_start_in_the_middle_and_at_the_first() -> None:
    assert shown_plane(field("0"), ViewState()) == (2, 0)
    assert shown_plane(field("0"), ViewState(z=0, t=2)) == (0, 2)
    assert shown_plane(field("0"), ViewState(z=99, t=99)) == (4, 2)
    assert shown_plane(None, ViewState(z=3)) == (0, 0)


def test_a_field_says_its_size_and_pixel() -> None:
    content = picture_content(field("0"))
    assert (content["width"], content["height"]) == (40, 30)
    assert content["pixel"] == [0.25, 0.5]
    assert content["channels"] == 2
    assert content["unit"] == "micrometer"


def test_a_field_without_a_plane_says_so() -> None:
    content = picture_content(field("0", axes=("c", "x"), shape=(2, 40)))
    assert "y and x are needed" in content["error"]


def test_targets_start_with_the_open_field_and_end_with_a_new_one() -> None:
    well = WellView(label="B02", path="B/2", fields=(field("0"), field("1")))
    state = ViewState(plate="p.zarr", well="B02")
    now = Snapshot(state=state, overview=grid(), well=well)
    assert [target.field for target in targets(now)] == ["0", "1", None]
    opened = Snapshot(
        state=ViewState(plate="p.zarr", well="B02", field="1"),
        overview=grid(),
        well=well,
    )
    assert [target.field for target in targets(opened)] == ["1", None]
    empty = WellView(label="B02", path="B/2", error="nothing there")
    missing = Snapshot(state=state, overview=grid(), well=empty)
    assert [target.text for target in targets(missing)] == ["Add a new field"]


def test_the_stage_follows_the_state() -> None:
    assert Snapshot().stage == "plates"
    assert Snapshot(overview=grid()).stage == "values"
    pictures = ViewState(plate="p.zarr", wells="pictures")
    assert Snapshot(state=pictures, overview=grid()).stage == "canvas"
    drawn_by_chance = ViewState(plate="p.zarr", montage="random")
    assert Snapshot(state=drawn_by_chance, overview=grid()).stage == "plate"
    chosen = ViewState(plate="p.zarr", well="B02", look="pictures")
    assert Snapshot(state=chosen, overview=grid()).stage == "canvas"
    well = ViewState(plate="p.zarr", well="B02")
    assert Snapshot(state=well, overview=grid()).stage == "well"
    opened = ViewState(plate="p.zarr", well="B02", field="0")
    assert Snapshot(state=opened, overview=grid()).stage == "field"


def test_a_plate_tells_why_planes_are_absent_and_that_they_are_projections():
    gap = Gap(path="A/1", well="A01", field="0", label="F001", reason="AF Error <b>")
    shown = _plate(
        overview([position(0, 0)], gaps=(gap,), projection="maximum of 13 planes"),
        lambda location, key: location,
    )
    assert ("Along z", "a projection: maximum of 13 planes") in shown["facts"]
    groups = {name: wells for name, _, wells, _ in shown["odd"]}
    assert groups["Gaps"] == [("A01", "field F001 (AF Error <b>)")]
    flat = _plate(overview([position(0, 0)]), lambda location, key: location)
    assert "Along z" not in dict(flat["facts"])
