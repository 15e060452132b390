"""Labels and tables of a corrected field: which come along, and what is said of it."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zarr

import hcs
from dashboard.corrections.values import SourceFile
from dashboard.pictures.planes import PlaneRequest
from tests import plates
from tests.integration.serving import send, service, surveyed, tiff, wait_for

ME = hcs.Who("Ada", "typed")
SHAPE = (1, 30, 40)


def _image(shape: tuple[int, ...] = SHAPE, **more: Any) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full(shape, 9, "u2"), dims=("c", "y", "x"), **more)


def _stage(path: Path, image: hcs.NgffImage) -> hcs.StagedField:
    with hcs.from_hcs_zarr(path) as plate:
        base = plate.well("B/2").field("0").version
    return hcs.stage_field(path, "B/2", "0", image, base=base)


def _companions(path: Path) -> Any:
    with hcs.from_hcs_zarr(path) as plate:
        return plate.well("B/2").field("0").image().companions


@pytest.fixture(params=["0.4", "0.5"])
def path(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """A plate whose field B/2/0 has labels and tables as Fractal's tasks leave them."""
    version = request.param
    path = plates.make(
        tmp_path / "p.zarr", channels=1, shape=SHAPE[1:], version=version
    )
    image: Any = zarr.open_group(path / "B/2/0", mode="a")
    labels = image.create_group("labels")
    content: dict[str, Any] = {"labels": ["nuclei"]}
    labels.attrs.update(
        content if version == "0.4" else {"ome": {"version": "0.5", **content}}
    )
    tables = image.create_group("tables")
    tables.attrs["tables"] = ["FOV_ROI_table", "measurements"]
    for name, kind in (
        ("FOV_ROI_table", "roi_table"),
        ("measurements", "feature_table"),
    ):
        table = tables.create_group(name)
        table.attrs.update({"type": kind, "table_version": "1"})
        table.create_array("X", data=np.arange(4.0).reshape(2, 2))
    return path


def test_what_stays_with_the_version_before_is_said_and_regions_come_along(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    staged = _stage(path, _image())
    (notice,) = staged.notices
    assert notice.startswith("B/2 field 0: The label image 'nuclei' and the table")
    assert "'measurements'" in notice
    assert "ROI" not in notice
    staged.commit(who=ME, reason="focus")
    assert notice in caplog.text
    companions = _companions(path)
    assert (companions.labels, companions.tables) == ((), ())
    assert companions.rois == ("FOV_ROI_table",)
    group: Any = zarr.open_group(path, mode="r")
    assert group["B/2/0r2/tables/FOV_ROI_table/X"][1, 1] == 3
    assert dict(group["B/2/0r2/tables"].attrs) == {"tables": ["FOV_ROI_table"]}


@pytest.mark.parametrize(
    "image",
    [_image((1, 30, 50)), _image(scale={"y": 0.25, "x": 0.25})],
    ids=["another size", "another scale"],
)
def test_regions_of_another_ground_stay_behind(
    path: Path, image: hcs.NgffImage
) -> None:
    staged = _stage(path, image)
    assert "'measurements', 'FOV_ROI_table'" in staged.notices[0]
    staged.commit(who=ME, reason="focus")
    assert _companions(path).rois == ()


def test_a_revert_brings_labels_and_tables_back(path: Path) -> None:
    before = _companions(path)
    first = hcs.history(path)["B/2", "0"][0].id
    _stage(path, _image()).commit(who=ME, reason="focus")
    hcs.settle(path, now=True)
    hcs.revert(path, "B/2", "0", first, who=ME, reason="was right")
    assert _companions(path) == before
    hcs.settle(path, now=True)
    assert _companions(path) == before


@pytest.mark.parametrize("path", ["0.5"], indirect=True)
def test_an_archive_keeps_regions_too(tmp_path: Path, path: Path) -> None:
    archive = tmp_path / "p.ozx"
    hcs.pack(path, archive)
    shutil.rmtree(path)
    _stage(archive, _image()).commit(who=ME, reason="focus")
    assert _companions(archive).rois == ("FOV_ROI_table",)
    group: Any = zarr.open_group(zarr.storage.ZipStore(archive, mode="r"), mode="r")
    assert group["B/2/0/tables/FOV_ROI_table/X"][1, 1] == 3


def test_the_page_says_it_before_anything_is_committed(
    path: Path, tmp_path: Path
) -> None:
    with service(tmp_path / "workspace", path, settle_after=3600.0) as made:
        surveyed(made, path.name)
        token = made.sessions.open()
        upload = send(made, token, tiff(np.full(SHAPE[1:], 9, "u2")), "again.tif")
        staged = made.corrections.stage(
            token, path.name, "B2", "0", [SourceFile(upload=upload.id)]
        )
        (staying,) = [d for d in staged.differences if d.kind == "staying"]
    assert "'nuclei'" in staying.message
    assert "'measurements'" in staying.message
    assert "ROI" not in staying.message
    assert not staying.blocking


def test_a_page_shows_a_label_image_that_was_written_meanwhile(
    path: Path, tmp_path: Path
) -> None:
    mask = np.zeros(SHAPE[1:], "u1")
    mask[:9] = 3
    with service(tmp_path / "workspace", path, settle_after=3600.0) as made:
        surveyed(made, path.name)
        assert made.plates.well(path.name, "A1").field("0").labels == ()
        hcs.write_labels(path, "A1", "0", "cells", mask)
        wait_for(lambda: made.plates.well(path.name, "A1").field("0").labels)
        version = made.plates.well(path.name, "A1").field("0").version
        where = (path.name, "A1", "0", version, "cells", PlaneRequest())
        assert np.frombuffer(made.pictures.label_plane(*where).data, "u1").max() == 3
        hcs.write_labels(path, "A1", "0", "cells", mask * 2, overwrite=True)
        assert np.frombuffer(made.pictures.label_plane(*where).data, "u1").max() == 6


def test_nothing_is_said_of_a_field_that_has_neither(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.zarr", channels=1)
    staged = _stage(path, _image())
    assert staged.notices == ()
    staged.discard()
