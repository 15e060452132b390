"""Writing to object stores (a local S3 server) and to stores of zarr."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.stores.location import open_store
from hcs.writing.targets import group, objects
from hcs.writing.versions.recovery import recover
from hcs.writing.versions.upkeep import unsettled
from tests import plates

ME = hcs.Who("Ada", "typed")
BUCKET = "plates"


def _image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full((1, 30, 40), value, "u2"), dims=("c", "y", "x"))


def _value(store: Any, well: str = "A1", field: str = "0") -> int:
    with hcs.from_hcs_zarr(store) as plate:
        image = plate.well(well).field(field).image()
        (value,) = np.unique(np.asarray(image.images[0].data))
    return int(value)


def _below(store: Any, key: str) -> set[str]:
    with hcs.from_hcs_zarr(store) as plate:
        assert plate.store is not None
        return {name for name in plate.store.children(key) if "json" not in name}


def _live(store: Any, field: str = "0") -> str:
    with hcs.from_hcs_zarr(store) as plate:
        return plate.well("A1").field(field).version


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server_module = pytest.importorskip("moto.server")
    server = server_module.ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def s3(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """Return the address of a new plate in a bucket."""
    import urllib.request

    for name, value in {
        "AWS_ENDPOINT": endpoint,
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ALLOW_HTTP": "true",
    }.items():
        monkeypatch.setenv(name, value)
    asked = urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")  # noqa: S310
    with urllib.request.urlopen(asked):  # noqa: S310
        pass
    return f"s3://{BUCKET}/{uuid.uuid4().hex}/plate.zarr"


@pytest.fixture(params=["s3", "memory"])
def place(request: pytest.FixtureRequest) -> Any:
    if request.param == "s3":
        return request.getfixturevalue("s3")
    return zarr.storage.MemoryStore()


def test_an_address_and_a_store_that_was_opened_by_it_are_one_place(s3: str) -> None:
    """Their threads share a lock; a store that has no address is a place of its own."""
    stores = [open_store(s3), open_store(s3), open_store({}), open_store({})]
    places = [bucket.place for store in stores if (bucket := store.bucket())]
    assert places[0] == places[1]
    assert len(places) == 4
    assert len(set(places)) == 3


@pytest.mark.parametrize("version", ["0.4", "0.5"])
def test_a_plate_is_written_and_read_back(place: Any, version: str) -> None:
    with hcs.HCSPlateWriter(place, plates.document(), version) as writer:
        writer.write_well_image(_image(3), "A", "1")
        writer.write_well_image(_image(4), "B", "2", 1)
        assert writer.written == {("A/1", "0"), ("B/2", "1")}
    assert _value(place) == 3
    assert _value(place, "B2", "1") == 4
    with hcs.from_hcs_zarr(place) as plate:
        assert plate.version == version
        assert plate.field_count == 1
    if not isinstance(place, str):
        group = zarr.open_group(place, mode="r")
        assert group["A/1/0/0"][0, 0, 0] == 3


def test_fields_are_corrected_reverted_and_purged(place: Any) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")
    first = _live(place)
    staged = hcs.stage_field(place, "A/1", "0", _image(9), base=first)
    assert _value(place) == 3
    second = staged.commit(who=ME, reason="focus")
    assert second.path.startswith("0r2")
    assert len(second.path) > 3  # a random suffix instead of a lock
    assert _value(place) == 9
    hcs.revert(place, "A/1", "0", first, who=ME, reason="why")
    assert _value(place) == 3
    assert [version.version for version in hcs.purge(place, yes=True)] == [second.id]
    with pytest.raises(hcs.NotFoundError, match="purged"):
        hcs.revert(place, "A/1", "0", second.id, who=ME, reason="why")
    assert len(hcs.history(place)["A/1", "0"]) == 4


def test_a_conflict_says_who_was_first(place: Any) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")
    base = _live(place)
    mine = hcs.stage_field(place, "A/1", "0", _image(8), base=base)
    hcs.stage_field(place, "A/1", "0", _image(9), base=base).commit(
        who=ME, reason="why"
    )
    with pytest.raises(hcs.ConflictError, match="by Ada at"):
        mine.commit(who=hcs.Who("Bob"), reason="why")
    mine.discard()
    assert _value(place) == 9


def test_case_69_a_document_that_changed_since_it_was_read_is_read_again(
    s3: str,
) -> None:
    """As another process does between our reading and our conditional put."""
    from hcs.writing.targets import step

    hcs.write_hcs_well_image(s3, _image(3), plates.document(), "A", "1")
    base = _live(s3)
    other = hcs.stage_field(s3, "A/1", 5, _image(5), base=None)
    mine = hcs.stage_field(s3, "A/1", "0", _image(9), base=base)
    quiet, done = step.reached, []

    def reached(name: str) -> None:
        if name == "flip" and not done:
            done.append(name)
            other.commit(who=ME, reason="between")

    # The other one has its own lock, as another process would.
    other.target._shared = objects.SharedPlace()  # type: ignore[attr-defined]
    step.reached = reached
    try:
        mine.commit(who=ME, reason="why")
    finally:
        step.reached = quiet
    assert done == ["flip"]
    assert (_value(s3), _value(s3, "A1", "5")) == (9, 5)
    with hcs.from_hcs_zarr(s3) as plate:
        assert plate.field_count == 2


class Unanswered(zarr.storage.MemoryStore):
    """A store whose answers get lost: what was asked for has come to pass, or not."""

    lost: str = ""
    comes_to_pass: bool = True

    async def set(self, key: str, value: Any, byte_range: Any = None) -> None:
        lost = bool(self.lost) and key == self.lost
        if not lost or self.comes_to_pass:
            await super().set(key, value, byte_range)
        if lost:
            raise TimeoutError("no answer within 30 s")


@pytest.mark.parametrize("comes_to_pass", [True, False])
def test_case_69_whether_an_unanswered_request_came_to_pass_is_looked_up(
    comes_to_pass: bool,
) -> None:
    store = Unanswered()
    hcs.write_hcs_well_image(store, _image(3), plates.document(), "A", "1")
    staged = hcs.stage_field(store, "A/1", "0", _image(9), base=_live(store))
    store.lost, store.comes_to_pass = "A/1/zarr.json", comes_to_pass
    if comes_to_pass:
        staged.commit(who=ME, reason="why")
        assert _value(store) == 9
        return
    with pytest.raises(hcs.StoreError, match="no answer"):
        staged.commit(who=ME, reason="why")
    assert _value(store) == 3


def test_threads_lose_nothing(place: Any) -> None:
    hcs.to_hcs_zarr(hcs.HCSPlate(metadata=plates.document()), place)

    def write(field: int) -> None:
        hcs.write_hcs_well_image(
            place, _image(field + 1), plates.document(), "A", "1", field
        )

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(write, range(8)))
    for field in range(8):
        assert _value(place, "A1", str(field)) == field + 1


def test_settling_is_off_until_it_is_asked_for(place: Any) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")
    staged = hcs.stage_field(place, "A/1", "0", _image(9), base=_live(place))
    staged.commit(who=ME, reason="why")
    (waiting,) = hcs.settle(place, grace=0)
    assert waiting.path.startswith("0r2")
    assert hcs.settle(place, now=True) == ()
    assert unsettled(place) == ()
    with hcs.from_hcs_zarr(place) as plate:
        assert plate.well("A1").field("0").path == "0"
    assert _value(place) == 9
    assert recover(place) == ()


def test_versions_that_were_put_away_come_back_and_are_purged(place: Any) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")
    first = _live(place)
    staged = hcs.stage_field(place, "A1", "0", _image(9), base=first)
    second = staged.commit(who=ME, reason="focus").id
    hcs.settle(place, now=True)
    for version, value in ((first, 3), (second, 9)):
        events = {event.id: event for event in hcs.history(place)["A/1", "0"]}
        assert events[version].path.startswith("hcs_versions/0r")
        hcs.revert(place, "A1", "0", version, who=ME, reason="was right")
        assert _value(place) == value
        assert hcs.settle(place, now=True) == ()
        assert (_value(place), recover(place)) == (value, ())
        assert _below(place, "A/1") == {"0", "hcs_versions"}
    (purged,) = hcs.purge(place, yes=True, originals=True)
    assert purged.version == first
    assert _below(place, "A/1") == {"0"}
    assert _value(place) == 9


def test_a_group_that_was_left_incomplete_is_removed_when_it_is_old(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")

    class Stop(BaseException):
        pass

    from hcs.writing.targets import step

    def stop(name: str) -> None:
        if name == "complete":
            raise Stop

    with monkeypatch.context() as patch:
        patch.setattr(step, "reached", stop)
        patch.setattr(group, "remove_group", lambda *_: None)
        with pytest.raises(Stop):
            hcs.stage_field(place, "A/1", "0", _image(9), base=_live(place))
    if isinstance(place, str):
        assert [event.action for event in recover(place)] == ["in use"]
        monkeypatch.setattr(objects, "ABANDONED", -1.0)
    assert [event.action for event in recover(place)] == ["removed"]
    assert recover(place) == ()


def test_a_plate_is_copied_to_a_store_and_back(place: Any, tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", channels=1, fields=2, rows=1, columns=2)
    with hcs.from_hcs_zarr(path) as plate:
        hcs.to_hcs_zarr(plate, place)
    assert _value(place, "A2", "1") == plates.value(0, 1, 1)
    with hcs.from_hcs_zarr(place) as plate:
        hcs.to_hcs_zarr(plate, tmp_path / "back.zarr", version="0.4")
    assert _value(tmp_path / "back.zarr", "A2", "1") == plates.value(0, 1, 1)


def test_a_plate_in_a_store_is_not_replaced_as_a_whole(place: Any) -> None:
    hcs.write_hcs_well_image(place, _image(3), plates.document(), "A", "1")
    with pytest.raises(hcs.StoreError, match="overwrite=False"):
        hcs.HCSPlateWriter(place, plates.document()).__enter__()
    assert _value(place) == 3


def test_a_dict_is_a_store_too() -> None:
    place: dict[str, Any] = {}
    store = zarr.storage.MemoryStore(place)
    with hcs.HCSPlateWriter(store, plates.document()) as writer:
        writer.write_well_image(_image(3), "A", "1")
    assert json.loads(place["zarr.json"].to_bytes())["attributes"]["hcs"]["id"]


def test_web_addresses_are_read_only() -> None:
    with pytest.raises(hcs.ReadOnlyError, match="object store itself"):
        hcs.HCSPlateWriter("https://host/p.zarr", plates.document()).__enter__()
