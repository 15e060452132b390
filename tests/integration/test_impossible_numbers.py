"""Addresses with numbers that no picture can have: 422, in words, and never kept."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pytest

from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from dashboard.corrections.values import SourceFile
from dashboard.plates.values import ChannelSetting
from tests import plates
from tests.integration.serving import Served, send, service, surveyed, tiff

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "p.ome.zarr"
URLS = Urls("")
RED = (ChannelSetting(index=0, color="FF0000", low=0, high=4000),)
NO_NUMBERS = ["-1", "1e3", "NaN", "inf", "-inf", "1.5", "", "9" * 30, "٣"]
BEYOND = ["2", "99", "999999999"]
CHANNELS = [
    "-1:FF0000:0:9:1",
    "2:FF0000:0:9:1",
    f"{'9' * 400}:FF0000:0:9:1",
    "0:FF0000:nan:9:1",
    "0:FF0000:0:inf:1",
    "0:FF0000:-1e999:9:1",
    "0:FF0000:0:9:0",
    "0:FF0000:0:9:nan",
]
REGIONS = [
    *("0,0,0,5", "0,0,5,0", "400,0,5,5", "0,400,5,5", "-1,0,5,5", "nan,0,5,5"),
    *("0,0,5", "0,0,5,5,5", f"0,0,{'9' * 30},5"),
]
SIZES = ["0", "7", "-8", "nan", "inf", "1e9", "100000"]

QUERIES = {
    "z": [*NO_NUMBERS, *BEYOND],
    "t": [*NO_NUMBERS, *BEYOND],
    "level": [*NO_NUMBERS, *BEYOND],
    "channel": [*NO_NUMBERS, *BEYOND],
    "region": REGIONS,
    "size": SIZES,
    "channels": CHANNELS,
    "acquisition": [*NO_NUMBERS, "5"],
    "projection": ["sum", "nan"],
}
TAKEN = {
    "thumb": "z t level channel size channels projection",
    "picture": "z t level channel channels projection",
    "plane": "z t level channel region projection",
    "label": "z t level region projection",
    "well": "z t level channel size channels projection",
    "plate": "z t level channel size channels projection acquisition",
    "png": "z t level channel channels projection",
    "tiff": "z t level channel channels projection",
    "staged plane": "z t level channel region projection",
    "staged picture": "z t level channels projection",
}
"""What each address takes of a query."""


@pytest.fixture(scope="module")
def addresses(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[tuple[Served, dict[str, str]]]:
    folder = tmp_path_factory.mktemp("served")
    path = plates.make(
        folder / KEY, rows=1, columns=2, z=2, t=2, shape=(300, 320), levels=2
    )
    label = path / "A" / "1" / "0" / "labels"
    label.mkdir()
    document = {"zarr_format": 3, "node_type": "group"}
    document["attributes"] = {"ome": {"version": "0.5", "labels": ["cells"]}}
    (label / "zarr.json").write_text(json.dumps(document))
    plates.make(folder / "masks.zarr", rows=1, columns=1, channels=1, shape=(300, 320))
    (folder / "masks.zarr" / "A" / "1" / "0").rename(label / "cells")
    with (
        service(folder / "workspace", path) as made,
        Served(made, ServerSettings(port=0)) as running,
    ):
        overview = surveyed(made, KEY)
        view = made.plates.well(KEY, "A1")
        where = (KEY, "A1", "0", view.field("0").version)
        token = made.sessions.open()
        data = np.full((2, 2, 2, 300, 320), 7, "u2")
        upload = send(
            made, token, tiff(data, ome=True, metadata={"axes": "TCZYX"}), "x.tif"
        )
        staged = made.corrections.stage(
            token, KEY, "A2", "0", [SourceFile(upload=upload.id)]
        )
        urls = {
            "thumb": URLS.thumb(*where, size=64, channels=RED),
            "picture": URLS.picture(*where, level=0, channels=RED),
            "plane": URLS.plane(*where, level=0, channel=0),
            "label": URLS.label_plane(*where, label="cells", level=0),
            "well": URLS.well_sprite(KEY, "A1", view.digest, size=64, channels=RED),
            "plate": URLS.plate_sprite(KEY, overview.digest, size=64, channels=RED),
            "png": f"{URLS.saved(*where, 'field.png')}?channels=0:FF0000:0:9:1",
            "tiff": f"{URLS.saved(*where, 'planes.tif')}?channels=0:FF0000:0:9:1",
            "staged plane": URLS.staged_plane(staged.id, level=0, channel=0),
            "staged picture": URLS.staged_picture(staged.id, level=0, channels=RED),
        }
        yield running, urls


def asked(address: str, name: str, value: str) -> str:
    """Return an address with another value of one part of its query."""
    path, _, query = address.partition("?")
    parts = [part for part in query.split("&") if not part.startswith(f"{name}=")]
    return f"{path}?{'&'.join([*parts, f'{name}={value}'])}"


def words(answer: object) -> str:
    error = unquote(answer.headers.get("X-Error", ""))  # type: ignore[attr-defined]
    return error or answer.json["error"]  # type: ignore[attr-defined]


@pytest.mark.parametrize("what", TAKEN)
def test_addresses_that_are_possible_are_answered(
    addresses: tuple[Served, dict[str, str]], what: str
) -> None:
    served, urls = addresses
    assert served.get(urls[what]).status == 200


@pytest.mark.parametrize(
    ("what", "name"), [(what, name) for what in TAKEN for name in TAKEN[what].split()]
)
def test_an_impossible_number_is_422_and_kept_by_nobody(
    addresses: tuple[Served, dict[str, str]], what: str, name: str
) -> None:
    served, urls = addresses
    for value in QUERIES[name]:
        address = asked(urls[what], name, value.replace("٣", "%D9%A3"))
        for _ in range(2):  # the second one must not come from a cache
            answer = served.get(address)
            assert answer.status == 422, (address, answer.body[:200])
            assert answer.headers["Cache-Control"] == "no-store"
            assert b"Traceback" not in answer.body
            assert words(answer), address
    assert served.get(urls[what]).status == 200


@pytest.mark.parametrize("value", NO_NUMBERS)
def test_where_fields_stand_takes_no_such_number_either(
    addresses: tuple[Served, dict[str, str]], value: str
) -> None:
    served, _ = addresses
    path = asked(f"{URLS.wells(KEY)}?well=A1", "acquisition", value)
    assert served.get(path.replace("٣", "%D9%A3")).status == 422
