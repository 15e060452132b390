"""Previews: small planes of a field version, made once, drawn in any contrast."""

from __future__ import annotations

import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.pictures import coarse, preview, rendering, shrinking
from dashboard.pictures.job import PreviewJobs
from dashboard.pictures.mosaic import arrange
from dashboard.pictures.plane_cache import PlaneCache
from dashboard.pictures.planes import PlaneRequest
from dashboard.pictures.plate_sprite import PlateSprite, SpriteCell, bitmap
from dashboard.pictures.previews import Previews
from dashboard.plates.served import ServedPlate
from dashboard.plates.survey import survey
from dashboard.plates.values import ChannelSetting, FieldState
from hcs.errors import CorruptDataError
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:
    from pathlib import Path

DTYPES = ("uint8", "uint16", "int32", "float32", "float64")


@given(
    dtype=st.sampled_from(DTYPES),
    height=st.integers(1, 600),
    width=st.integers(1, 600),
    channels=st.integers(1, 3),
)
def test_a_preview_holds_the_shrunken_planes_exactly(
    dtype: str, height: int, width: int, channels: int
) -> None:
    image = plates.multiscales(
        channels=channels, shape=(height, width), dtype=dtype, pixels="gradient"
    )
    read = preview.parse(preview.make(image))
    assert read.channels == channels
    level = image.images[
        rendering.level_for(
            [candidate.data.shape[1:] for candidate in image.images], 256
        )
    ]
    for channel in range(channels):
        full = shrinking.shrink(np.asarray(level.data[channel]), 256)
        assert np.array_equal(read.plane(channel, 256), full)
        middle = shrinking.shrink(full, 128)
        assert np.array_equal(read.plane(channel, 128), middle)
        assert np.array_equal(read.plane(channel, 64), shrinking.shrink(middle, 64))


def test_a_large_lowest_level_is_read_in_bands(monkeypatch: pytest.MonkeyPatch) -> None:
    image = plates.multiscales(channels=1, shape=(1100, 900), pixels="random")
    whole = preview.parse(preview.make(image)).plane(0, 256)
    monkeypatch.setattr(coarse, "_WHOLE_BYTES", 10_000)
    assert np.array_equal(preview.parse(preview.make(image)).plane(0, 256), whole)


@given(cut=st.integers(0, 400))
def test_a_preview_that_was_cut_off_is_an_error_of_ours(cut: int) -> None:
    data = preview.make(plates.multiscales(shape=(40, 40)))
    with pytest.raises(CorruptDataError):
        preview.parse(data[: min(cut, len(data) - 1)])


@given(st.sets(st.integers(0, 95)), st.integers(96, 100))
def test_waiting_wells_are_spelled_in_digits(waiting: set[int], count: int) -> None:
    text = bitmap(waiting, count)
    bits = "".join(f"{int(digit, 16):04b}" for digit in text)
    assert {at for at, bit in enumerate(bits) if bit == "1"} == waiting


def test_a_plate_is_drawn_well_by_well_and_no_well_twice() -> None:
    drawn: list[int] = []

    def cell(index: int) -> SpriteCell:
        def draw() -> tuple[str, np.ndarray]:
            drawn.append(index)
            return f"{index}", np.full((8, 8, 3), index, np.uint8)

        return SpriteCell(f"{index}", lambda: index % 2 == 0, draw)

    wanted = [cell(index) for index in range(6)]
    sprite = PlateSprite(2, 3, 8)
    left: tuple[int, ...] = tuple(range(6))
    for turn in range(6):
        canvas, waiting, failed = sprite.fill(wanted, 0.0)
        assert len(waiting) == 5 - turn  # one a call at least, those at hand first
        assert set(waiting) < set(left)
        left = waiting
        assert not failed
    assert sorted(drawn) == list(range(6))
    assert drawn[:3] == [0, 2, 4]
    assert canvas[12, 20, 0] == 5
    assert sprite.fill(wanted, None)[1] == ()
    assert len(drawn) == 6


def view(*places: tuple[float, float]) -> list[FieldState]:
    return [
        FieldState(
            name=str(index),
            label=str(index),
            acquisition=None,
            acquisition_name=None,
            version="v",
            axes=("c", "y", "x"),
            shape=(1, 100, 200),
            scale=(1.0, 0.5, 0.5),
            translation=(0.0, y, x),
        )
        for index, (x, y) in enumerate(places)
    ]


def test_fields_stand_where_the_stage_was_else_in_a_grid() -> None:
    staged = arrange(view((1000, 500), (1100, 500), (1000, 550)))
    assert staged.staged
    assert staged.boxes[0] == pytest.approx((0.0, 0.25, 0.5, 0.25))
    assert staged.boxes[1] == pytest.approx((0.5, 0.25, 0.5, 0.25))
    assert staged.boxes[2] == pytest.approx((0.0, 0.5, 0.5, 0.25))
    grid = arrange(view((0, 0), (0, 0), (0, 0)))
    assert not grid.staged
    assert grid.boxes[2][1] > grid.boxes[0][1]
    assert arrange([]).boxes == ()


@given(
    st.lists(
        st.tuples(st.floats(allow_nan=True), st.floats(allow_nan=True)), max_size=12
    )
)
def test_no_stage_position_puts_a_field_outside_its_well(
    places: list[tuple[float, float]],
) -> None:
    for left, top, width, height in arrange(view(*places)).boxes:
        assert -1e-6 <= left <= left + width <= 1 + 1e-6
        assert -1e-6 <= top <= top + height <= 1 + 1e-6
        assert max(width, height) > 0


def opened(path: Path) -> ServedPlate:
    plate = ServedPlate("p", str(path), read_only=True)
    survey(plate, lambda: False)
    return plate


def test_the_job_makes_each_preview_once_and_stops_and_goes_on(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", fields=3)
    (path / "A" / "2" / "1" / "0" / "zarr.json").write_text("{")
    previews = Previews(tmp_path / "previews")
    (tmp_path / "previews").mkdir()
    plate = opened(path)
    jobs = PreviewJobs(previews, PlaneCache(), workers=0)
    jobs.stop("p")
    jobs.start(plate)
    assert jobs.wait("p").done == 0
    jobs.resume(plate)
    after: list[int] = []
    jobs.start(plate, lambda: after.append(1))
    progress = jobs.wait("p")
    readable = progress.total - progress.failed
    files = list((tmp_path / "previews").rglob("*.planes"))
    assert len(files) == readable
    assert progress.done == progress.total >= 17
    assert not progress.running
    wait_for(lambda: after)
    before = {file: file.stat().st_mtime_ns for file in files}
    again = PreviewJobs(previews, PlaneCache(), workers=1)
    again.start(plate)
    assert again.wait("p").done >= readable
    assert {file: file.stat().st_mtime_ns for file in files} == before
    jobs.close()
    again.close()


def test_the_job_stays_below_the_disk_limit(tmp_path: Path) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr", fields=4, shape=(128, 128), pixels="random"
    )
    (tmp_path / "previews").mkdir()
    previews = Previews(tmp_path / "previews", disk_bytes=300_000)
    jobs = PreviewJobs(previews, PlaneCache(), workers=0)
    jobs.start(opened(path))
    progress = jobs.wait("p")
    jobs.close()
    assert 0 < progress.done < progress.total
    assert progress.message == "disk limit"
    disk = previews.fill()[1]
    assert 0 < disk.nbytes <= 300_000


@pytest.mark.parametrize("size", [40, 64, 100, 128, 200, 256])
def test_coarse_planes_are_those_of_the_preview_that_is_made_of_them(size: int) -> None:
    image = plates.multiscales(shape=(700, 560), pixels="random")
    read = coarse.read_coarse(image)
    packed = preview.parse(preview.pack(read))
    for channel in range(2):
        assert np.array_equal(read.plane(channel, size), packed.plane(channel, size))
    for channels in ([0, 1], [0, 7], []):
        assert read.holds(channels, size) == packed.holds(channels, size)


def test_a_first_look_is_the_later_one_and_leaves_the_preview_to_the_job(
    tmp_path: Path,
) -> None:
    path = plates.make(
        tmp_path / "p.ome.zarr", rows=1, columns=2, shape=(300, 300), pixels="random"
    )
    red = (ChannelSetting(index=0, color="FF0000", low=0, high=900),)
    with service(tmp_path / "workspace", path) as made:
        key = made.plates.entries()[0].key
        made.previews.stop(key)
        view = made.plates.well(key, "A1")
        where = (key, "A1", "0", view.fields[0].version, 64, red, PlaneRequest())
        first = made.pictures.thumbnail(*where).data
        assert not list((tmp_path / "workspace").rglob("*.planes"))
        # A level that cannot be read any more: the job uses what the look has read.
        shutil.rmtree(path / "A" / "1" / "0" / "0" / "c")
        made.previews.resume(key)
        folder = tmp_path / "workspace" / "previews"
        wait_for(lambda: len(list(folder.rglob("*.planes"))) >= 1)
    with service(tmp_path / "workspace", path) as made:
        assert made.pictures.thumbnail(*where).data == first


def test_a_broken_preview_in_the_workspace_is_made_anew(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", shape=(300, 300), pixels="gradient")
    red = (ChannelSetting(index=0, color="FF0000", low=0, high=900),)
    with service(tmp_path / "workspace", path) as made:
        key = made.plates.entries()[0].key
        surveyed(made, key)
        version = made.plates.well(key, "A1").fields[0].version
        where = (key, "A1", "0", version)
        first = made.pictures.thumbnail(*where, 64, red, PlaneRequest()).data
        wait_for(lambda: not made.previews.progress(key).running)
        for file in (tmp_path / "workspace" / "previews").rglob("*.planes"):
            file.write_bytes(b"hcs preview 2\nnonsense")
        green = (ChannelSetting(index=0, color="FE0000", low=0, high=900),)
        second = made.pictures.thumbnail(*where, 64, green, PlaneRequest()).data
        assert abs(len(first) - len(second)) < 200


def test_pictures_that_many_write_at_once_are_counted_and_stay_within_the_disks_bound(
    tmp_path: Path,
):
    bound = 100_000
    previews = Previews(tmp_path / "previews", memory_bytes=0, disk_bytes=bound)
    (tmp_path / "previews").mkdir()

    def write(writer: int) -> None:
        for number in range(200):
            previews.put(f"{writer} {number}", bytes(300 + writer))

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(write, range(8)))
    files = [path for path in tmp_path.rglob("*") if path.is_file()]
    used = sum(path.stat().st_size for path in files)
    assert 0 < used <= bound
    # Files that were just being written may be counted twice, and none is missed.
    assert used <= previews.fill()[1].nbytes <= bound
