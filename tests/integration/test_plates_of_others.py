"""Plates that are read where they lie: the same answers, and nothing written there."""

from __future__ import annotations

import io
import os
import shutil
import stat
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from PIL import Image

from dashboard.addresses import Urls
from dashboard.app import ServerSettings
from tests import plates
from tests.integration.serving import Served, service, surveyed
from tests.integration.test_remote import Server

if TYPE_CHECKING:
    from collections.abc import Iterator

MADE = {"fields": 2, "pixels": "gradient", "wells": [(0, 0), (1, 2)], "name": "theirs"}


@contextmanager
def read_only_folder(folder: Path) -> Iterator[str]:
    path = plates.make(folder / "p.ome.zarr", **MADE)  # type: ignore[arg-type]
    every = [path, *path.rglob("*")]
    for entry in every:
        entry.chmod(stat.S_IRUSR | (stat.S_IXUSR if entry.is_dir() else 0))
    yield str(path)
    for entry in every:
        entry.chmod(stat.S_IRWXU)


@contextmanager
def archive(folder: Path) -> Iterator[str]:
    yield str(plates.make(folder / "p.ozx", **MADE))  # type: ignore[arg-type]


@contextmanager
def web(folder: Path) -> Iterator[str]:
    pytest.importorskip("obstore", reason="needs the extra 'remote'")
    plates.make(folder / "p.ome.zarr", **MADE)  # type: ignore[arg-type]
    with Server(folder) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"{server.address}/p.ome.zarr"
        server.shutdown()
        thread.join()


@contextmanager
def bucket(folder: Path) -> Iterator[str]:
    pytest.importorskip("obstore", reason="needs the extra 'remote'")
    moto = pytest.importorskip("moto.server", reason="needs moto's S3 server")
    boto3 = pytest.importorskip("boto3")
    path = plates.make(folder / "p.ome.zarr", **MADE)  # type: ignore[arg-type]
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    settings = {
        "AWS_ENDPOINT_URL": f"http://{host}:{port}",
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "key",
        "AWS_SECRET_ACCESS_KEY": "geheim",
    }
    client = boto3.client(
        "s3",
        endpoint_url=settings["AWS_ENDPOINT_URL"],
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="geheim",
    )
    client.create_bucket(Bucket="plates")
    for file in sorted(path.rglob("*")):
        if file.is_file():
            key = f"p.ome.zarr/{file.relative_to(path).as_posix()}"
            client.upload_file(str(file), "plates", key)
    shutil.rmtree(path)
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    yield "s3://plates/p.ome.zarr"
    for name, value in before.items():
        if value is None:
            del os.environ[name]
        else:
            os.environ[name] = value
    client.close()
    server.stop()


def everything(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


@pytest.mark.parametrize(
    "place",
    [read_only_folder, archive, web, bucket],
    ids=lambda factory: factory.__name__,
)
def test_a_plate_is_looked_at_where_it_lies(place: object, tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    with place(theirs) as root:  # type: ignore[operator]
        before = everything(theirs)
        with (
            service(tmp_path / "workspace", root) as made,
            Served(made, ServerSettings(port=0)) as served,
        ):
            (entry,) = made.plates.entries()
            assert entry.error is None
            overview = surveyed(made, entry.key)
            assert overview.name == "theirs"
            assert [
                well.label for well in overview.wells if well.state == "present"
            ] == [
                "A1",
                "B3",
            ]
            if place in (archive, web):
                assert not overview.writable
            field = made.plates.well(entry.key, "B3").fields[1]
            where = (entry.key, "B3", field.name, field.version)
            plane = served.get(Urls().plane(*where, level=0, channel=1))
            assert plane.status == 200, plane.body
            pixels = np.frombuffer(plane.body, "<u2").reshape(32, 40)
            assert np.array_equal(
                pixels, plates.field_array(1, 2, 1, pixels="gradient")[1]
            )
            thumb = served.get(Urls().thumb(*where, size=64, channels=()))
            assert np.asarray(Image.open(io.BytesIO(thumb.body))).max() > 100
            page = served.get(f"/?plate={entry.key}&well=B3")
            assert page.status == 200
            assert b'data-stage="well"' in page.body
        assert everything(theirs) == before
