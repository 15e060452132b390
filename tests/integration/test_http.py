"""The HTTP handlers on a running server: pixels, uploads, refusals, prefix."""

from __future__ import annotations

import gzip
import io
import re
import shutil
import socket
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import pytest
from PIL import Image

from dashboard.addresses import Urls
from dashboard.app import ServerSettings, make_server, new_loop, normal_prefix
from dashboard.assets import assets_version
from dashboard.corrections.values import SourceFile
from dashboard.errors import DashboardError
from dashboard.plates.values import ChannelSetting
from dashboard.uploads.values import Quotas
from dashboard.web.handler import FOREVER
from tests import plates
from tests.integration.serving import Answer, Served, service, surveyed, tiff

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "day 1/p.ome.zarr"
SHAPE = (32, 40)
PREFIX = "/hcs"
RED = (ChannelSetting(index=0, color="FF0000", low=0, high=4000),)
URLS = Urls(PREFIX)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("served")
    plates.make(folder / KEY, fields=3, shape=SHAPE, missing=[(1, 2, 1)])
    return folder


@pytest.fixture(scope="module")
def served(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    workspace = tmp_path_factory.mktemp("workspace")
    quotas = Quotas(file_bytes=200_000)
    with (
        service(workspace, root, quotas=quotas) as made,
        Served(made, ServerSettings(port=0, prefix=PREFIX)) as running,
    ):
        surveyed(made, KEY)
        yield running


def version(served: Served, well: str = "B2", field: str = "0") -> str:
    return served.service.plates.well(KEY, well).field(field).version


def plane_of(served: Served, path: str) -> np.ndarray:
    answer = served.get(path)
    assert answer.status == 200, answer.body
    shape = [int(size) for size in answer.headers["X-Shape"].split(",")]
    dtype = np.dtype(answer.headers["X-Dtype"]).newbyteorder("<")
    return np.frombuffer(answer.body, dtype).reshape(shape)


def opened(body: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(body)))


def test_a_plane_arrives_as_it_is_stored(served: Served) -> None:
    path = URLS.plane(KEY, "B2", "2", version(served, "B2", "2"), level=0, channel=1)
    plane = plane_of(served, path)
    assert plane.shape == SHAPE
    assert plates.identity(plane[0, 0]) == plates.Identity(
        row=1, column=1, field=2, channel=1
    )


def test_pixels_may_be_kept_for_ever(served: Served) -> None:
    live = version(served)
    for path in (
        URLS.plane(KEY, "B2", "0", live, level=0, channel=0),
        URLS.thumb(KEY, "B2", "0", live, size=64, channels=RED),
        URLS.picture(KEY, "B2", "0", live, level=0, channels=RED),
        URLS.well_sprite(
            KEY,
            "B2",
            served.service.plates.well(KEY, "B2").digest,
            size=32,
            channels=RED,
        ),
        URLS.plate_sprite(
            KEY, served.service.plates.overview(KEY).digest, size=32, channels=RED
        ),
    ):
        answer = served.get(path)
        assert answer.status == 200, path
        assert answer.headers["Cache-Control"] == FOREVER, path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_a_thumbnail_has_its_size_and_its_colour(served: Served) -> None:
    path = URLS.thumb(KEY, "B2", "0", version(served), size=64, channels=RED)
    picture = opened(served.get(path).body)
    assert max(picture.shape[:2]) == 64
    red, green, blue = picture.reshape(-1, 3).mean(axis=0)
    assert red > 50 > 8 > max(green, blue)


def test_a_sprite_holds_all_fields_in_the_order_of_the_well(served: Served) -> None:
    view = served.service.plates.well(KEY, "A1")
    path = URLS.well_sprite(KEY, "A1", view.digest, size=40, channels=RED)
    assert opened(served.get(path).body).shape == (80, 80, 3)
    path = URLS.well_sprite(KEY, "A1", view.digest, size=40, channels=RED, fields=["2"])
    assert opened(served.get(path).body).shape == (40, 40, 3)


def test_a_sprite_draws_a_field_once_and_no_more_than_there_are(
    served: Served,
) -> None:
    view = served.service.plates.well(KEY, "A1")
    asked = {"size": 40, "channels": RED}
    path = URLS.well_sprite(KEY, "A1", view.digest, fields=["2"] * 200, **asked)
    assert opened(served.get(path).body).shape == (40, 40, 3)
    invented = [f"no-{number}" for number in range(200)]
    path = URLS.well_sprite(KEY, "A1", view.digest, fields=invented, **asked)
    refused = served.get(path)
    assert refused.status == 404
    assert "has 3; ask for" in unquote(refused.headers["X-Error"])


def test_the_plate_sprite_has_one_cell_a_well(served: Served) -> None:
    digest = served.service.plates.overview(KEY).digest
    path = URLS.plate_sprite(KEY, digest, size=16, channels=RED)
    assert opened(served.get(path).body).shape == (32, 48, 3)


def test_an_out_of_date_sprite_address_is_answered_but_not_kept(
    served: Served,
) -> None:
    path = URLS.well_sprite(KEY, "A1", "0" * 16, size=40, channels=RED)
    answer = served.get(path)
    assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-store")


@pytest.mark.parametrize(
    ("plate", "well", "field", "known"),
    [
        pytest.param("../../etc", "B2", "0", True, id="plate that is a path"),
        pytest.param("/etc", "B2", "0", True, id="absolute plate"),
        pytest.param(KEY, "Z99", "0", True, id="well off the grid"),
        pytest.param(KEY, "../../x", "0", True, id="well that is a path"),
        pytest.param(KEY, "B2", "../0", True, id="field that is a path"),
        pytest.param(KEY, "B2", "0", False, id="unknown version"),
        pytest.param(KEY, "B2", "<img src=x>", True, id="HTML"),
    ],
)
def test_what_is_not_served_is_an_error_in_words(
    served: Served, plate: str, well: str, field: str, known: bool
) -> None:
    asked = version(served) if known else "0" * 32
    raw = served.get(URLS.plane(plate, well, field, asked, level=0, channel=0))
    assert raw.status == 404
    assert raw.headers["Content-Type"] == "application/json"
    assert raw.headers["Cache-Control"] == "no-store"
    assert raw.json["error"]
    drawn = served.get(URLS.thumb(plate, well, field, asked, size=64, channels=RED))
    assert drawn.status == 404
    assert drawn.headers["Content-Type"] == "image/jpeg"
    assert unquote(drawn.headers["X-Error"]) == raw.json["error"]
    assert opened(drawn.body).shape == (64, 64, 3)


@pytest.mark.parametrize(
    "query",
    [
        "size=7",
        "size=100000",
        "size=x",
        "size=135&channels=0:red:1:2",
        "size=135&z=-1",
        "size=135&t=1e3",
    ],
)
def test_malformed_questions_are_422_without_a_traceback(
    served: Served, query: str
) -> None:
    path = URLS.thumb(KEY, "B2", "0", version(served), size=64, channels=RED)
    answer = served.get(f"{path.partition('?')[0]}?{query}")
    assert answer.status == 422
    assert b"Traceback" not in answer.body


@pytest.mark.parametrize("query", ["level=9&channel=0", "level=0&channel=7", "z=5"])
def test_planes_that_do_not_exist_are_422(served: Served, query: str) -> None:
    path = URLS.plane(KEY, "B2", "0", version(served), level=0, channel=0)
    assert served.get(f"{path.partition('?')[0]}?{query}").status == 422


def test_one_broken_field_shows_a_cross_and_its_neighbours_their_pixels(
    tmp_path: Path,
) -> None:
    path = plates.make(tmp_path / "p.zarr", fields=2, shape=SHAPE)
    for chunk in (path / "A" / "1" / "1").rglob("c/**/*"):
        if chunk.is_file():
            chunk.write_bytes(b"\0garbage" * 50)
    with (
        service(tmp_path / "w", path) as made,
        Served(made, ServerSettings(port=0)) as run,
    ):
        overview = surveyed(made, "p.zarr")
        view = made.plates.well("p.zarr", "A1")
        urls = Urls()
        sprite = run.get(
            urls.well_sprite("p.zarr", "A1", view.digest, size=40, channels=RED)
        )
        left, right = np.split(opened(sprite.body)[:40], 2, axis=1)
        assert left[..., 2].max() < 8, "the first field is red alone"
        assert right[..., 1].max() > 40, "the second one is the error picture"
        assert sprite.headers["Cache-Control"] == "no-store"
        plate = run.get(
            urls.plate_sprite("p.zarr", overview.digest, size=16, channels=RED)
        )
        assert plate.status == 200
        broken = view.field("1")
        refused = run.get(
            urls.plane("p.zarr", "A1", "1", broken.version, level=0, channel=0)
        )
        assert refused.status == 422
        assert "error" in refused.json


def test_a_missing_and_a_broken_well_cost_only_themselves(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", shape=SHAPE)
    shutil.rmtree(path / "A" / "2")
    (path / "B" / "1" / "zarr.json").write_text("{broken")
    with service(tmp_path / "w", path) as made:
        overview = surveyed(made, "p.zarr")
        assert [well.state for well in overview.wells] == [
            "present",
            "missing",
            "present",
            "unreadable",
            "present",
            "present",
        ]
        assert "B1" in overview.banner
        assert "zarr.json" in (overview.well("B1").error or "")
        assert made.plates.well("p.zarr", "B1").error
        sprite = made.sprites.of_plate("p.zarr", overview.digest, 16, RED)
        assert opened(sprite.data).shape == (32, 48, 3)
        values = made.quality.values("p.zarr", "completeness")
        assert values.wells["A2"].value == 0
        assert values.wells["B1"].value is None
        assert values.wells["A1"].value == 100


# --- uploads -------------------------------------------------------------------------


@pytest.fixture
def token(served: Served) -> Iterator[str]:
    page = served.service.sessions.open()
    yield page
    served.service.sessions.close(page)


def upload(served: Served, token: str, data: bytes, **headers: str) -> Answer:
    return served.upload(
        URLS.uploads(), data, "B02_s1 ü.tif", X_Hcs_Page=token, **headers
    )


def test_an_uploaded_file_is_described(served: Served, token: str) -> None:
    answer = upload(served, token, tiff(np.zeros(SHAPE, "u2")))
    assert answer.status == 200, answer.body
    assert answer.json["state"] == "ready"
    picture = answer.json["picture"]
    assert picture["name"] == "B02_s1 ü.tif"
    assert (picture["shape"], picture["dtype"], picture["kind"]) == (
        [32, 40],
        "uint16",
        "TIFF",
    )
    assert (picture["guess_well"], picture["guess_field"]) == ("B02", "s1")
    taken = served.service.corrections.take_up(token, answer.json["id"])
    assert served.service.corrections.uploads(token) == (taken,)


def test_a_staged_picture_is_served_and_never_kept(served: Served, token: str) -> None:
    answer = upload(served, token, tiff(np.full(SHAPE, 40000, "u2")))
    staged = served.service.corrections.stage(
        token, KEY, "B2", "0", [SourceFile(upload=answer.json["id"], channel=0)]
    )
    plane = plane_of(served, URLS.staged_plane(staged.id, level=0, channel=0))
    assert (plane == 40000).all()
    unchanged = plane_of(served, URLS.staged_plane(staged.id, level=0, channel=1))
    assert plates.identity(unchanged[0, 0]).channel == 1
    drawn = served.get(URLS.staged_picture(staged.id, level=0, channels=RED))
    assert opened(drawn.body).shape == (*SHAPE, 3)
    assert drawn.headers["Cache-Control"] == "no-store"
    served.service.corrections.discard(staged.id)
    gone = served.get(URLS.staged_plane(staged.id, level=0, channel=0))
    assert gone.status == 404


@pytest.mark.parametrize("token", ["guess", "../x"])
def test_an_upload_for_a_page_that_has_gone_is_its_persons_all_the_same(
    served: Served, token: str
) -> None:
    answer = upload(served, token, tiff(np.zeros(SHAPE, "u2")))
    assert answer.status == 200
    owned = served.service.uploads.owned_by("local")
    assert answer.json["id"] in [file.id for file in owned]


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "null", "http://localhost:1"]
)
def test_an_upload_from_a_foreign_page_is_refused(
    served: Served, token: str, origin: str
) -> None:
    answer = upload(served, token, tiff(np.zeros(SHAPE, "u2")), Origin=origin)
    assert answer.status == 403


def test_an_upload_from_our_own_page_is_taken(served: Served, token: str) -> None:
    for host in ("localhost", "127.0.0.1"):
        origin = f"http://{host}:{served.port}"
        data = tiff(np.zeros(SHAPE, "u2"))
        assert upload(served, token, data, Origin=origin).status == 200


def test_case_26_a_program_called_tif_is_refused_in_words(
    served: Served, token: str
) -> None:
    answer = upload(served, token, b"MZ\x90\0" + bytes(500))
    assert answer.json["state"] == "refused"
    assert "program" in answer.json["error"]


# --- server --------------------------------------------------------------------------


def test_everything_is_below_the_prefix_and_nothing_beside_it(served: Served) -> None:
    assert served.get(f"{PREFIX}/health").json == {"status": "ok", "plates": 1}
    assert served.get("/health").status == 404
    assert served.get(f"{PREFIX}/assets/core/page.css").status == 200


def test_assets_of_the_present_version_are_kept_for_ever(served: Served) -> None:
    page = served.get(f"{PREFIX}/").body.decode()
    address = re.search(rf"{PREFIX}/assets/(v[0-9a-f]{{12}})/core/page\.css", page)
    assert address is not None
    present = served.get(address.group())
    assert "immutable" in present.headers["Cache-Control"]
    old = served.get(address.group().replace(address.group(1), "v000000000000"))
    assert old.body == present.body
    assert old.headers["Cache-Control"] == "no-cache"


def test_a_changed_script_of_any_folder_makes_another_version(tmp_path: Path) -> None:
    script = tmp_path / "plate" / "canvas" / "scene.js"
    script.parent.mkdir(parents=True)
    script.write_text("1")
    before = assets_version(tmp_path)
    assert assets_version(tmp_path) == before
    script.write_text("12")
    assert assets_version(tmp_path) != before


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "v000000000000/../../pyproject.toml", "nothing.js"]
)
def test_versioned_assets_stay_in_their_folder(served: Served, name: str) -> None:
    assert served.get(f"{PREFIX}/assets/{name}").status == 404


@pytest.mark.parametrize(
    "name", ["../pyproject.toml", "..%2fpyproject.toml", "%2e%2e/x", "no.js", ""]
)
def test_assets_stay_in_their_folder(served: Served, name: str) -> None:
    assert served.get(f"{PREFIX}/assets/{name}").status == 404


def test_scripts_and_styles_are_sent_compressed_to_who_takes_it(
    served: Served,
) -> None:
    address = f"{PREFIX}/assets/core/page.css"
    plain = served.get(address)
    small = served.get(address, Accept_Encoding="br, gzip")
    assert gzip.decompress(small.body) == plain.body
    assert len(small.body) < 0.6 * len(plain.body)
    assert small.headers["Content-Encoding"] == "gzip"
    assert (plain.headers["Vary"], small.headers["Vary"]) == ("Accept-Encoding",) * 2
    assert plain.headers["Etag"] != small.headers["Etag"]
    again = served.get(
        address, Accept_Encoding="gzip", If_None_Match=small.headers["Etag"]
    )
    assert (again.status, again.body) == (304, b"")


def test_an_asset_that_has_not_changed_is_not_sent_again(served: Served) -> None:
    first = served.get(f"{PREFIX}/assets/core/page.css")
    again = served.get(
        f"{PREFIX}/assets/core/page.css", If_None_Match=first.headers["Etag"]
    )
    assert (again.status, again.body) == (304, b"")


def test_a_read_only_server_has_no_way_in(root: Path, tmp_path: Path) -> None:
    with (
        service(tmp_path / "w", root, read_only=True) as made,
        Served(made, ServerSettings(port=0)) as run,
    ):
        page = made.sessions.open()
        assert run.announce(Urls().uploads(), 1, X_Hcs_Page=page).status == 404


@pytest.mark.parametrize("address", ["0.0.0.0", "::", "192.168.0.7", "example.org"])  # noqa: S104
def test_other_addresses_are_refused_while_there_is_no_sign_in(
    root: Path, tmp_path: Path, address: str
) -> None:
    with (
        service(tmp_path / "w", root) as made,
        pytest.raises(DashboardError, match="no sign-in"),
    ):
        make_server(made, ServerSettings(port=0, address=address))


def test_a_port_in_use_is_said_with_a_remedy(root: Path, tmp_path: Path) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        service(tmp_path / "w", root) as made,
    ):
        loop = new_loop()
        with pytest.raises(DashboardError, match="--port"):
            make_server(made, ServerSettings(port=taken.getsockname()[1]))
        loop.close()


@pytest.mark.parametrize("prefix", ["/a b", "../x", "/a?b", "/ü"])
def test_a_prefix_that_is_no_path_is_refused(prefix: str) -> None:
    with pytest.raises(DashboardError, match="--prefix"):
        normal_prefix(prefix)
