"""Names that files and folders give, as hostile as they can be, in all that leaves."""

from __future__ import annotations

import csv
import io
import json
import os
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

from dashboard.app import ServerSettings
from dashboard.exports.anndata_table import write_tables
from dashboard.text import NAME_LIMIT
from tests import plates
from tests.integration.serving import Served, service, surveyed
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from pathlib import Path

KEY = "p.ome.zarr"
TABLES = tuple(f"{kind}.{form}" for kind in ("wells", "fields", "suspects")
               for form in ("csv", "parquet"))  # fmt: skip


def named(folder: Path, name: str) -> Path:
    """Return a plate whose document and channel have a name."""
    path = plates.make(folder / KEY, rows=1, columns=2, shape=(16, 16), name=name)
    plates.name_channels(path, name, "ok")
    return path


@pytest.mark.parametrize(
    "name",
    [
        "</script><img src=x onerror=alert(1)>",
        "=cmd|' /c calc'!A1",
        "\uff1dcmd()",
        "\u00a0\u200b\x0b\x00=cmd()",
        "a\r\n=cmd()\u2028b\u2029\x85c",
        "../../etc/passwd",
        "\u202egpj.exe",
        "x" * (1 << 20),
    ],
    ids=[
        "markup",
        "formula",
        "full-width",
        "unseen",
        "lines",
        "path",
        "turned",
        "long",
    ],
)
def test_every_export_is_made_and_harmless_whatever_a_plate_is_called(
    tmp_path, name
) -> None:
    path = named(tmp_path, name)
    with service(tmp_path / "workspace", path) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
        with Served(made, ServerSettings(port=0)) as server:
            for what in (*TABLES, "report.html"):
                answer = server.get(f"/export/{KEY}/{what}")
                assert answer.status == 200, what
                assert len(answer.body) < 1 << 20
                sent = answer.headers["Content-Disposition"]
                assert sent.isascii()
                assert sent.isprintable()
                assert not set("/\\") & set(sent)
                if what.endswith(".csv"):
                    text = io.StringIO(answer.body.decode("utf-8-sig"), newline="")
                    rows = list(csv.reader(text))
                    cells = {cell for row in rows for cell in row if "cmd" in cell}
                    # In words, such as "channel =cmd()", it is no formula.
                    assert {c[0] for c in cells if not c[0].isalnum()} <= {"'"}
                if what.endswith(".parquet"):
                    table = parquet.read_table(io.BytesIO(answer.body))
                    plate = set(table["Metadata_Plate"].to_pylist())
                    assert plate <= {name, f"{name[: NAME_LIMIT - 1]}…"}
            assert b"<img src=x" not in answer.body
        assert write_tables(made, KEY).is_dir()


def test_an_acquisition_of_a_number_beyond_64_bits_is_exported(tmp_path) -> None:
    huge = 1 << 70
    path = plates.make(
        tmp_path / KEY, rows=1, columns=1, shape=(16, 16), acquisitions=[4321]
    )
    for document in path.rglob("zarr.json"):
        text = document.read_text()
        document.write_text(text.replace("4321", str(huge)))
    with service(tmp_path / "workspace", path) as made:
        surveyed(made, KEY)
        made.quality.measure(KEY)
        with Served(made, ServerSettings(port=0)) as server:
            answer = server.get(f"/export/{KEY}/fields.parquet")
        assert write_tables(made, KEY).is_dir()
    table = parquet.read_table(io.BytesIO(answer.body))
    assert table["Metadata_Acquisition"].to_pylist() == [str(huge)]


@pytest.mark.parametrize("id", ["x" * 1000, "a\x00b", ""])
def test_an_id_that_no_database_takes_is_none(tmp_path, id) -> None:
    path = plates.make(tmp_path / KEY, rows=1, columns=1, shape=(16, 16))
    document = json.loads((path / "zarr.json").read_text())
    document["attributes"]["hcs"]["id"] = id
    (path / "zarr.json").write_text(json.dumps(document))
    with service(tmp_path / "workspace", path, measure=False) as made:
        overview = surveyed(made, KEY)
        assert overview.id != id
        assert 0 < len(overview.id) <= NAME_LIMIT
        assert overview.id.isprintable()


def test_a_plate_whose_path_is_not_in_utf8_is_listed_with_the_reason(tmp_path) -> None:
    folder = tmp_path / "plates"
    plates.make(folder / KEY, rows=1, columns=1, shape=(16, 16))
    other = plates.make(folder / "other", rows=1, columns=1, shape=(16, 16))
    os.rename(other, os.fsencode(folder) + b"/bad\xff.zarr")  # noqa: PTH104
    with service(tmp_path / "workspace", folder, measure=False) as made:
        surveyed(made, KEY)
        entries = {entry.key: entry for entry in made.plates.entries()}
        assert not entries[KEY].error
        assert "has a name that is not in UTF-8. Rename it" in entries["bad.zarr"].error
        for address in ("", f"plate={KEY}", "plate=bad.zarr"):
            visit = Visit(made, address)
            json.dumps(visit.content("header"), ensure_ascii=False).encode()
            visit.close()
