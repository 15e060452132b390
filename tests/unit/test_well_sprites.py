"""The picture of a well's fields: drawn ahead, and the same as drawn when asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.pictures import preview
from dashboard.pictures.planes import PlaneRequest
from dashboard.pictures.previews import Previews
from dashboard.pictures.well_sprites import cell_side
from dashboard.plates.values import FieldState
from dashboard.state import ViewState
from dashboard.views.display import drawn
from tests import plates
from tests.integration.serving import service, surveyed, wait_for

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.service import Service

KEY = "p.ome.zarr"


def shown(made: Service, well: str) -> bytes:
    """Return the picture that a page asks for whose person has clicked on a well."""
    channels = drawn(surveyed(made, KEY).channels, ViewState())
    view = made.plates.well(KEY, well)
    size = cell_side(view.fields)
    assert size is not None
    return made.sprites.of_well(
        KEY, well, view.digest, size, channels, PlaneRequest()
    ).data


def test_what_a_click_shows_is_drawn_ahead_and_as_if_it_were_not(
    tmp_path: Path,
) -> None:
    path = plates.make(
        tmp_path / KEY, rows=1, columns=3, fields=5, shape=(300, 280), pixels="random"
    )
    (path / "A" / "3" / "1" / "0" / "zarr.json").write_text("{")
    folder = tmp_path / "ahead" / "previews"
    with service(tmp_path / "ahead", path) as made:
        surveyed(made, KEY)
        # Of the third well a field cannot be read, which may be mended.
        wait_for(lambda: len(list(folder.rglob("*.jpg"))) == 2)
        wait_for(lambda: not made.previews.progress(KEY).running)
        files = {file.read_bytes() for file in folder.rglob("*.jpg")}
        a2 = shown(made, "A2")
        assert {shown(made, "A1"), a2} == files
        assert len(list(folder.rglob("*.jpg"))) == 2
        broken = preview.address_of(
            made.plates.overview(KEY).id,
            "A1",
            "0",
            made.plates.well(KEY, "A1").fields[0].version,
        )
    # What a broken preview keeps from being drawn, it keeps from no other well.
    for file in folder.rglob("*.jpg"):
        file.unlink()
    file = Previews(folder).path(broken)
    file.write_bytes(file.read_bytes()[:200] + bytes(len(file.read_bytes()) - 200))
    with service(tmp_path / "ahead", path) as made:
        surveyed(made, KEY)
        wait_for(lambda: len(list(folder.rglob("*.jpg"))) == 1)
        assert [file.read_bytes() for file in folder.rglob("*.jpg")] == [a2]
    with service(tmp_path / "asked", path, preview_disk_bytes=0) as made:
        assert {shown(made, "A1"), shown(made, "A2")} == files


def test_few_fields_have_large_pictures_of_their_own_and_many_small_ones() -> None:
    field = FieldState(
        name="0", label="0", acquisition=None, acquisition_name=None, version="v",
        axes=("y", "x"), shape=(200, 300),
    )  # fmt: skip
    assert [cell_side([field] * count) for count in (4, 9, 17)] == [None, 300, 135]
