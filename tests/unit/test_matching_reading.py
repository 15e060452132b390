"""Files that people call otherwise than they lie on the disk, as uploads do."""

from __future__ import annotations

import io
import zipfile
from typing import TYPE_CHECKING

import pytest

from hcs.ingest import open_pictures

if TYPE_CHECKING:
    from pathlib import Path


def packed(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, data in files.items():
            archive.writestr(name.replace("_", "."), data)
    return stream.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"PK\3\4 no zip", id="no zip"),
        pytest.param(packed(zarr_json=b"{"), id="no document"),
        pytest.param(packed(zarr_json=b'{"zarr_format": 9}'), id="another version"),
        pytest.param(packed(_zattrs=b"[]"), id="an older document"),
        pytest.param(b"nonsense", id="nothing"),
    ],
)
def test_what_cannot_be_used_is_called_as_people_call_it(
    tmp_path: Path, data: bytes
) -> None:
    path = tmp_path / "secret-place"
    path.write_bytes(data)
    with open_pictures({path: "plate 7.zip"}) as files:
        (left,) = files.leftovers
    assert files.pictures == []
    assert left.name == "plate 7.zip"
    assert "plate 7.zip" in left.reason
    assert "secret-place" not in left.reason
