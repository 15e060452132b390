"""The page, measuring and corrections of plates with axes of other names and orders."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dashboard.corrections.values import SourceFile
from dashboard.pictures.planes import PlaneRequest
from dashboard.plates.values import ChannelSetting
from hcs import from_hcs_zarr
from hcs.metadata import Who
from tests.foreign_plates import axes_of, foreign, pixels_of
from tests.integration.serving import send, service, surveyed, tiff

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dashboard.service import Service

KEY = "p.ome.zarr"
RED = (ChannelSetting(index=1, color="FF0000", low=0, high=4000),)


SPELLINGS = ["T:t C:c Z:z Y:y X:x", "x:x y:y c:c"]


@pytest.fixture
def plate(tmp_path: Path, spelling: str) -> Path:
    return foreign(tmp_path / "served" / KEY, spelling, "0.5")


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as served:
        surveyed(served, KEY)
        yield served


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_both_channels_are_shown_as_they_are(made: Service, spelling: str) -> None:
    _, dims = axes_of(spelling)
    assert len(made.plates.overview(KEY).channels) == 2
    field = made.plates.well(KEY, "A1").field("0")
    assert field.error is None
    assert field.axes == tuple(d for d in "tczyx" if d in dims)
    where = (KEY, "A1", "0", field.version)
    expected = pixels_of(0, dims)
    for channel in (0, 1):
        raw = made.pictures.plane(*where, PlaneRequest(channel=channel))
        shown = np.frombuffer(raw.data, np.dtype(raw.dtype)).reshape(raw.shape)
        plane = expected[0, channel, 1] if "z" in dims else expected[channel]
        assert np.array_equal(shown, plane)
    assert made.pictures.thumbnail(*where, 64, RED, PlaneRequest()).data
    assert made.sprites.of_well(
        KEY, "A1", made.plates.well(KEY, "A1").digest, 64, RED, PlaneRequest(), ()
    ).data


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_all_fields_are_measured(made: Service) -> None:
    progress = made.quality.measure(KEY)
    assert (progress.done, progress.failed, progress.message) == (2, 0, "")


@pytest.mark.parametrize("spelling", ["C:c Y:y X:x", "x:x y:y c:c"])
def test_a_replaced_channel_leaves_the_rest_and_the_axes_alone(
    made: Service, plate: Path, spelling: str
) -> None:
    names = [text[0] for text in spelling.split()]
    token = made.sessions.open()
    upload = send(made, token, tiff(np.full((24, 32), 7, "u2")), "new.tif")
    source = SourceFile(upload=upload.id, channel=1)
    staged = made.corrections.stage(token, KEY, "A1", "0", [source])
    assert staged.ready, staged.differences
    made.corrections.commit(staged.id, Who("Anna", "typed"), "blurred")
    with from_hcs_zarr(plate) as opened:
        field = opened.well("A/1").fields[0]
        pixels = np.asarray(field.image().images[0].data)
        document = json.loads((plate / "A/1" / field.path / "zarr.json").read_text())
    first = document["attributes"]["ome"]["multiscales"][0]
    assert [axis["name"] for axis in first["axes"]] == names
    assert np.array_equal(pixels[0], pixels_of(0, "cyx")[0])
    assert (pixels[1] == 7).all()
