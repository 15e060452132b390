"""Many corrections in one go, through the service that pages use."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from hcs import from_hcs_zarr
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import send, service, surveyed, tiff

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

KEY = "p.ome.zarr"
ANNA = Who("Anna", "typed")
SHAPE = (32, 40)


@pytest.fixture
def plate(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "served" / KEY, fields=2, shape=SHAPE)


@pytest.fixture
def made(plate: Path, tmp_path: Path) -> Iterator[Service]:
    with service(tmp_path / "workspace", plate, settle_after=3600.0) as found:
        surveyed(found, KEY)
        yield found


@pytest.fixture
def token(made: Service) -> str:
    return made.sessions.open()


def send_plane(made: Service, token: str, name: str, value: int) -> str:
    """Upload a plane of one value; return its id."""
    return send(made, token, tiff(np.full(SHAPE, value, "u2")), name).id


def value_of(plate: Path, well: str, field: str, channel: int) -> int:
    with from_hcs_zarr(plate) as opened:
        image = opened.well(well).field(field).image()
        return int(np.asarray(image.images[0].data)[channel, 5, 5])


def test_a_drop_of_files_becomes_a_table_that_is_corrected_staged_and_committed(
    made: Service, token: str, plate: Path
) -> None:
    right = send_plane(made, token, "A1_f0_DNA.tif", 101)
    send_plane(made, token, "B2_f1_GFP.tif", 202)
    unnamed = send_plane(made, token, "scan.tif", 303)
    proposal = made.batches.propose(token, KEY, ())
    rows = {match.id: match for match in proposal.table.matches}
    assert rows[right].ready
    assert rows[unnamed].needs == ("well",)
    proposal = made.batches.change(
        proposal.id, [unnamed], well="A2", field="0", channel=1
    )
    staged = made.batches.stage_all(proposal.id)
    assert [(view.well, view.field) for view in staged.staged] == [
        ("A1", "0"),
        ("A2", "0"),
        ("B2", "1"),
    ]
    assert not staged.failed
    seen = []
    batch = made.batches.commit_batch(
        [view.id for view in staged.staged], ANNA, "imaged again", progress=seen.append
    )
    assert [item.state for item in batch.items] == ["committed"] * 3
    assert [each.done for each in seen] == [0, 1, 2, 3]
    assert value_of(plate, "A1", "0", 0) == 101
    assert value_of(plate, "A2", "0", 1) == 303
    assert value_of(plate, "B2", "1", 1) == 202
