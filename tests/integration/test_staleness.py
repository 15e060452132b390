"""Correct, settle, correct and settle again: nothing that remembers shows the past."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import zarr

import hcs
from dashboard.app import ServerSettings
from dashboard.plates.values import ChannelSetting
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs import Who
from tests import plates
from tests.integration.serving import Served, service, surveyed, wait_for
from tests.integration.test_http import Urls, opened, plane_of
from tests.integration.test_reviews import correct, verdicts

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"
URLS = Urls("")
GREEN = (ChannelSetting(index=1, color="00FF00", low=0, high=4000),)
FIELD = Subject("A/1", "0")
HIGH = 4000


def _live(plate: hcs.HCSPlate) -> tuple[str, int]:
    """Return version and value of the corrected field, by way of every cache."""
    field = plate.well("A1").field("0")
    pixels = np.unique(np.asarray(field.image().images[0].data)[1])
    assert pixels.size == 1
    assert field.version == field.image().version
    return field.version, int(pixels[0])


def _other_reader(path: Path) -> int:
    """Return the value at the field's first path, where other software looks."""
    return int(zarr.open_group(path, mode="r")["A/1/0/0"][1, 0, 0])


def test_nothing_that_remembers_a_field_is_stale(tmp_path: Path) -> None:
    path = plates.make(tmp_path / KEY, fields=2, shape=(32, 40))
    first = plates.value(channel=1)
    open_plate = hcs.from_hcs_zarr(path)
    shown = {_live(open_plate)[0]: first}
    neighbour = open_plate.well("A2").field("0").version
    with (
        service(tmp_path / "workspace", path, settle_after=0.0) as made,
        Served(made, ServerSettings(port=0)) as served,
    ):
        surveyed(made, KEY)
        for value in (1000, 3000, 1000):
            made.decisions.judge(KEY, [Decision(FIELD)], "flag", Who("Ada", "typed"))
            assert verdicts(made.reviews.read(KEY))[FIELD] == ("flag", False)
            before = correct(made, "A1", "0", value)
            wait_for(lambda: made.plates.overview(KEY).unsettled == 0, "to settle")
            wait_for(lambda: verdicts(made.reviews.read(KEY))[FIELD] == ("flag", True))

            version = made.plates.well(KEY, "A1").field("0").version
            assert version not in shown, "an id is used again"
            shown[version] = value

            # the library: a plate that stayed open, and a fresh one
            open_plate.refresh()
            with hcs.from_hcs_zarr(path) as fresh:
                for plate in (open_plate, fresh):
                    assert _live(plate) == (version, value)
                    assert plate.well("A1").field("0").path == "0"
                    assert plate.well("A2").field("0").version == neighbour
            assert _other_reader(path) == value

            # addresses and previews: the new ones, and every earlier one
            for known, expected in shown.items():
                plane = URLS.plane(KEY, "A1", "0", known, level=0, channel=1)
                thumb = URLS.thumb(KEY, "A1", "0", known, size=64, channels=GREEN)
                assert (plane_of(served, plane) == expected).all(), known
                green = opened(served.get(thumb).body)[..., 1].mean()
                assert abs(green - 255 * expected / HIGH) < 6, known
            digest = made.plates.well(KEY, "A1").digest
            sprite = URLS.well_sprite(
                KEY, "A1", digest, size=32, channels=GREEN, fields=["0"]
            )
            green = opened(served.get(sprite).body)[..., 1]
            green = np.median(green[green > 8])  # a margin is black
            assert abs(green - 255 * value / HIGH) < 6

            # the ledger: what was judged is named, and it is not what is live
            act = made.reviews.acts(KEY)[-1]
            assert before in str(act)
            assert version not in str(act)
    open_plate.close()
