"""A disk that is full: verdicts come before pictures, and each error names its disk."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

import pytest

from dashboard.app import ServerSettings
from dashboard.errors import DashboardError, NoSpaceError
from dashboard.pictures.previews import Previews
from dashboard.storage.reserve import Reserve, reserve_of
from dashboard.uploads.space import Space
from dashboard.uploads.values import Quotas
from tests import plates
from tests.disks import mounted
from tests.integration.judged import A1 as WELL
from tests.integration.judged import KEY, judge, verdicts
from tests.integration.serving import Served, service, surveyed, tiff
from tests.integration.test_corrections import picture

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """Return a disk of 12 MB, or skip where mounting is not allowed."""
    with mounted(tmp_path / "disk", 12) as place:
        yield place


def fill(folder: Path, name: str) -> None:
    """Fill the disk of a folder to its last byte."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / name).open("wb", buffering=0) as file:
        for size in (1 << 16, 1 << 10, 1):
            try:
                while file.write(b"x" * size) == size:
                    pass
            except OSError:
                continue


def test_a_verdict_is_taken_where_pictures_have_filled_the_disk(
    disk: Path, tmp_path: Path
) -> None:
    plate = plates.make(tmp_path / KEY)
    with service(disk / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        fill(made.workspace.previews / "aa", "bb.jpg")
        assert shutil.disk_usage(disk).free < 1 << 16
        for number in range(40):
            judge(made, WELL, "fail", note=f"{number}" * 2000)
        assert verdicts(made.reviews.read(KEY)) == {WELL: "fail"}
        assert not list(made.workspace.previews.glob("aa/*"))


def test_where_nothing_can_make_room_the_disk_of_the_database_is_named(
    disk: Path, tmp_path: Path
) -> None:
    plate = plates.make(tmp_path / KEY)
    with service(disk / "workspace", plate, measure=False) as made:
        surveyed(made, KEY)
        fill(disk, "somebody else's")
        with pytest.raises(DashboardError, match=r"disk of the database is full"):
            for number in range(40):
                judge(made, WELL, "fail", note=f"{number}" * 2000)
        (disk / "somebody else's").unlink()
        judge(made, WELL, "pass")
        assert verdicts(made.reviews.read(KEY)) == {WELL: "pass"}


def test_pictures_and_uploads_end_where_the_reserve_begins(disk: Path) -> None:
    previews = Previews(disk, 0, room=Reserve(disk).room)
    least = reserve_of(shutil.disk_usage(disk).total)
    for number in range(40):
        previews.put(f"picture {number}", bytes(500_000))
        assert shutil.disk_usage(disk).free >= least
    # The newest are kept, for what was there first made room.
    assert previews.has("picture 39")
    previews.empty()
    fill(disk, "others'")
    os.truncate(disk / "others'", shutil.disk_usage(disk).total - least)
    previews.put("another", bytes(500_000))
    assert not previews.has("another")
    space = Space(disk, Quotas(), lambda: ())
    assert space.room("somebody") == 0
    with pytest.raises(NoSpaceError, match="disk of the workspace has 0 B left"):
        space.check_disk(1)


def test_uploads_go_on_where_their_folder_was_removed(tmp_path: Path) -> None:
    plate = plates.make(tmp_path / KEY)
    with (
        service(tmp_path / "workspace", plate, measure=False) as made,
        Served(made, ServerSettings(port=0)) as served,
    ):
        surveyed(made, KEY)
        token = made.sessions.open("local")
        data = tiff(picture(1))
        announced = served.announce("/uploads", len(data), X_Hcs_Page=token)
        assert announced.status == 201
        shutil.rmtree(made.workspace.staging)
        lost = served.add_bytes(
            announced.headers["Location"], 0, data, X_Hcs_Page=token
        )
        assert lost.status == 404
        assert "send it again" in lost.json["error"]
        whole = served.upload("/uploads", data, X_Hcs_Page=token)
        assert (whole.status, whole.json["state"]) == (200, "ready")
