"""Plates behind addresses: a web server and an S3 server, both real, started here."""

from __future__ import annotations

import json
import pickle
import re
import shutil
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import zarr

import hcs
from hcs.errors import (
    HCSError,
    NotFoundError,
    PlateNotFoundError,
    StoreError,
)
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Iterator

pytest.importorskip("obstore", reason="needs the extra 'remote'")


class Server(ThreadingHTTPServer):
    """Serves a folder, with ranges unless told otherwise, and keeps a log."""

    daemon_threads = True

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.ranges = True
        self.suffixes = True
        self.delay = 0.0
        self.gate: Gate | None = None
        self.status = 200
        self.log: list[tuple[float, float, str, str | None, int]] = []
        """Start, end, path, range and bytes sent of each request."""
        self.logins: list[str | None] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    @property
    def paths(self) -> list[str]:
        return [path for _, _, path, _, _ in self.log]

    @property
    def sent(self) -> int:
        return sum(count for *_, count in self.log)

    @contextmanager
    def rounds(self) -> Iterator[list[list[str]]]:
        """Answer only when nobody asks any more: collects the requests by round."""
        self.gate = Gate()
        thread = threading.Thread(target=self.gate.run, daemon=True)
        thread.start()
        try:
            yield self.gate.rounds
        finally:
            gate, self.gate = self.gate, None
            gate.open = True
            thread.join()


class Gate:
    """Holds requests until no other has come for a while, then lets all go on."""

    def __init__(self) -> None:
        self.rounds: list[list[str]] = []
        self.open = False
        self._lock = threading.Lock()
        self._held: list[tuple[str, threading.Event]] = []
        self._quiet = 0

    def hold(self, path: str) -> None:
        event = threading.Event()
        with self._lock:
            self._held.append((path, event))
            self._quiet = 0
        event.wait(60)

    def run(self) -> None:
        while not self.open or self._held:
            # Looks are counted, not seconds: a busy machine holds up both sides.
            time.sleep(0.02)
            with self._lock:
                self._quiet += 1
                if self._held and self._quiet > 25:
                    self.rounds.append([path for path, _ in self._held])
                    for _, event in self._held:
                        event.set()
                    self._held = []


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD, over connections that stay open."""

    protocol_version = "HTTP/1.1"
    server: Server

    def do_GET(self) -> None:
        self.answer(body=True)

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def answer(self, *, body: bool) -> None:
        self.start = time.monotonic()
        self.server.logins.append(self.headers.get("Authorization"))
        if self.server.gate is not None:
            self.server.gate.hold(self.path)
        if self.server.delay:
            time.sleep(self.server.delay)
        file = self.server.folder / self.path.lstrip("/")
        if self.server.status != 200:
            self.send(self.server.status)
        elif not file.is_file():
            self.send(404)
        else:
            self.send_file(file, body=body)

    def send_file(self, file: Path, *, body: bool) -> None:
        data = file.read_bytes()
        tag = {"ETag": f'"{file.stat().st_mtime_ns}-{len(data)}"'}
        if self.headers.get("If-Match") not in (None, tag["ETag"]):
            self.send(412)
            return
        wanted = self.headers.get("Range")
        match = re.fullmatch(r"bytes=(\d*)-(\d*)", wanted or "")
        if match is None or not self.server.ranges:
            self.send(200, data if body else b"", tag, len(data))
            return
        if not match[1] and not self.server.suffixes:
            self.send(400)
            return
        first = int(match[1]) if match[1] else max(len(data) - int(match[2]), 0)
        last = len(data) - 1
        if match[1]:
            last = min(int(match[2] or last), last)
        tag["Content-Range"] = f"bytes {first}-{last}/{len(data)}"
        part = data[first : last + 1]
        self.send(206, part if body else b"", tag, len(part))

    def send(
        self,
        status: int,
        data: bytes = b"",
        headers: dict[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        # Noted before the answer lets the reader go on.
        now, part = time.monotonic(), self.headers.get("Range")
        self.server.log.append((self.start, now, self.path, part, len(data)))
        self.send_response(status)
        for name, value in (headers or {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data) if length is None else length))
        self.end_headers()
        try:
            self.wfile.write(data)
        except ConnectionError:
            self.close_connection = True

    def log_message(self, *_arguments: object) -> None:
        """Keep the test's output clean."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    folder = tmp_path / "served"
    folder.mkdir()
    server = Server(folder)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server
    server.shutdown()
    server.server_close()
    thread.join()


def make(server: Server, name: str = "plate.ome.zarr", **kind: Any) -> str:
    plates.make(server.folder / name, rows=2, columns=2, **kind)
    return f"{server.address}/{name}"


def check(plate: hcs.HCSPlate) -> None:
    for listed in plate.wells:
        well = plate.well(listed.path)
        image = well.get_image(0)
        assert image is not None
        data = image.images[0].data
        for channel in range(2):
            expected = plates.value(well.row_index, well.column_index, 0, channel)
            assert (data[channel] == expected).all()


# --- http ----------------------------------------------------------------------------


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_a_plate_is_read_from_a_web_server(server: Server, version: str) -> None:
    url = make(server, version=version)
    with hcs.from_hcs_zarr(url) as plate:
        assert plate.location == url
        assert not plate.writable
        check(plate)
        local = hcs.from_hcs_zarr(server.folder / "plate.ome.zarr")
        assert plate.id == local.id
        assert plate.metadata == local.metadata
        assert plate.well("A1").fields[0].version == local.well("A1").fields[0].version


def test_an_archive_is_read_by_ranges_and_never_downloaded(server: Server) -> None:
    url = make(server, "plate.ozx", shape=(512, 512), pixels="random", levels=1)
    size = (server.folder / "plate.ozx").stat().st_size
    assert size > 2_000_000
    with hcs.from_hcs_zarr(url) as plate:
        image = plate.well("B2").get_image(0)
        assert image is not None
        data = image.images[0].data
        assert data.shape == (2, 512, 512)
        opened = server.sent
        assert opened < 80_000, "the end of the file, and documents"
        data[0, :4, :4]
        chunk = int(np.prod(data.chunksize)) * 2
        assert server.sent - opened < chunk * 1.2
        local = hcs.from_hcs_zarr(server.folder / "plate.ozx")
        assert plate.id == local.id
        expected = local.well("B2").get_image(0)
        assert expected is not None
        assert (data[...] == np.asarray(expected.images[0].data)).all()
    assert server.sent < size


def test_an_inner_chunk_of_a_remote_shard_costs_itself_and_its_index(
    server: Server,
) -> None:
    path = server.folder / "image.ome.zarr"
    pixels = np.random.default_rng(0).integers(0, 4096, (512, 512), "u2")
    scale = {"type": "scale", "scale": [1.0, 1.0]}
    group = zarr.open_group(path, mode="w")
    group.attrs["ome"] = {
        "version": "0.5",
        "multiscales": [
            {
                "axes": [{"name": "y"}, {"name": "x"}],
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
            }
        ],
    }
    group.create_array(
        "0", data=pixels, chunks=(64, 64), shards=(512, 512), compressors=None
    )
    image = hcs.from_ome_zarr(f"{server.address}/image.ome.zarr").images[0]
    assert image.data.shape == (512, 512)
    before = server.sent
    assert (image.data[64:128, 128:192] == pixels[64:128, 128:192]).all()
    # The end of the shard is read in one piece, as most indices are far smaller.
    assert server.sent - before <= 64 * 64 * 2 + (32 << 10)


def test_a_server_without_ranges_from_the_end_is_read_too(server: Server) -> None:
    server.suffixes = False
    with hcs.from_hcs_zarr(make(server, "plate.ozx")) as plate:
        check(plate)


def test_a_server_that_ignores_ranges_is_an_error_and_no_download(
    server: Server,
) -> None:
    url = make(server, "plate.ozx", shape=(512, 512), pixels="random", levels=1)
    server.ranges = False
    with pytest.raises(StoreError, match="ignores requests for parts of a file"):
        hcs.from_hcs_zarr(url)
    # Without shards each chunk is a file of its own, so nothing is asked for in part.
    with hcs.from_hcs_zarr(make(server, version="0.4")) as plate:
        check(plate)


def test_an_archive_that_is_replaced_is_an_error_and_no_mix(server: Server) -> None:
    url = make(server, "plate.ozx", shape=(512, 512), pixels="random", levels=1)
    with hcs.from_hcs_zarr(url) as plate:
        plate.well("A1")
        path = server.folder / "plate.ozx"
        other = plates.make(
            server.folder / "new.ozx", rows=2, columns=2, shape=(512, 512)
        )
        time.sleep(0.01)
        shutil.copyfile(other, path)
        with pytest.raises(StoreError, match="was replaced since it was opened"):
            check(plate)


# --- rounds --------------------------------------------------------------------------


def test_the_first_pixels_of_a_field_take_two_rounds_after_the_plate(
    server: Server,
) -> None:
    """Well, image and level are asked for at once; then the pixels."""
    url = make(server, shape=(32, 32))
    with hcs.from_hcs_zarr(url) as plate:
        with server.rounds() as rounds:
            image = plate.get_well("B", "1").get_image(0)  # type: ignore[union-attr]
            assert image is not None
            assert image.images[0].data[0, 0, 0] == plates.value(1, 0)
        place = "/plate.ome.zarr/B/1"
        documents = ["/zarr.json", "/0/zarr.json", "/0/0/zarr.json"]
        assert sorted(rounds[0]) == sorted(place + name for name in documents)
        assert rounds[1] == [f"{place}/0/0/c/0/0/0"]
        assert rounds[2:] == [[f"{place}/0/zarr.json"]], "still the same version"


def test_other_names_of_fields_and_levels_are_learned(server: Server) -> None:
    url = make(server, shape=(32, 32))
    for document in (server.folder / "plate.ome.zarr").glob("*/*/0/zarr.json"):
        content = json.loads(document.read_text())
        for dataset in content["attributes"]["ome"]["multiscales"][0]["datasets"]:
            dataset["path"] = f"scale{dataset['path']}/image"
        document.write_text(json.dumps(content))
        level = document.parent / "0"
        level.rename(document.parent / "image")
        (document.parent / "scale0").mkdir()
        (document.parent / "image").rename(document.parent / "scale0" / "image")
    with hcs.from_hcs_zarr(url) as plate:
        assert plate.well("A1").get_image(0).images[0].data[0, 0, 0]  # type: ignore[union-attr]
        with server.rounds() as rounds:
            assert plate.well("A2").get_image(0).images[0].data[0, 0, 0]  # type: ignore[union-attr]
        assert "/c/" in rounds[1][0]


def test_consolidated_metadata_of_a_field_saves_its_array_documents(
    server: Server,
) -> None:
    url = make(server, shape=(32, 32))
    for group in (server.folder / "plate.ome.zarr").glob("*/*/0"):
        with pytest.warns(UserWarning, match="onsolidated"):
            zarr.consolidate_metadata(str(group))
        shutil.move(group / "0" / "zarr.json", group / "hidden.json")
    with hcs.from_hcs_zarr(url) as plate:
        with server.rounds() as rounds:
            assert plate.well("A2").get_image(0).images[0].data[0, 0, 0]  # type: ignore[union-attr]
        assert "/c/" in rounds[1][0]


def test_all_fields_of_a_plate_are_asked_for_together(server: Server) -> None:
    plates.make(server.folder / "p", rows=4, columns=6, shape=(8, 8))
    with hcs.from_hcs_zarr(f"{server.address}/p") as plate:
        with server.rounds() as rounds:
            assert len(list(plate.fields())) == 24
        assert sum(map(len, rounds)) == 24, "one document a well"
        assert len(rounds) == 2, "sixteen at a time"


def test_a_corrected_field_is_noticed(server: Server) -> None:
    url = make(server, shape=(32, 32))
    path = server.folder / "plate.ome.zarr"
    with hcs.from_hcs_zarr(url) as plate:
        old = plate.well("A1").field("0")
        image = old.image()
        assert image.images[0].data[0, 0, 0] == plates.value()
        pixels = hcs.to_ngff_image(np.full((2, 32, 32), 9, "u2"), dims="cyx")
        staged = hcs.stage_field(
            path, "A/1", "0", hcs.to_multiscales(pixels), base=old.version
        )
        staged.commit(who=hcs.Who("me"), reason="test")
        assert plate.refresh() == ("A/1",)
        new = plate.well("A1").field("0")
        assert new.version != old.version
        assert new.image().images[0].data[0, 0, 0] == 9
        assert image.images[0].data[0, 0, 0] == plates.value()


# --- what goes wrong -----------------------------------------------------------------


def test_nothing_at_an_address_is_said(server: Server) -> None:
    for name in ("nothing.ome.zarr", "nothing.ozx"):
        with pytest.raises(PlateNotFoundError, match=f"No plate at {server.address}"):
            hcs.from_hcs_zarr(f"{server.address}/{name}")


def test_a_missing_well_and_a_missing_chunk_are_what_they_are_locally(
    server: Server,
) -> None:
    url = make(server, shape=(32, 32))
    shutil.rmtree(server.folder / "plate.ome.zarr" / "A" / "1")
    shutil.rmtree(server.folder / "plate.ome.zarr" / "A" / "2" / "0" / "0" / "c")
    with hcs.from_hcs_zarr(url) as plate:
        with pytest.raises(NotFoundError, match="lists well 'A/1'"):
            plate.well("A1")
        image = plate.well("A2").get_image(0)
        assert image is not None
        assert (image.images[0].data[...] == 0).all()


@pytest.mark.parametrize(
    ("status", "message"),
    [(403, "403|denied"), (401, "401|denied"), (500, "answered 500"), (503, "503")],
)
def test_case_38_the_answer_of_a_server_is_told(
    server: Server, status: int, message: str
) -> None:
    url = make(server)
    with hcs.from_hcs_zarr(url) as plate:
        server.status = status
        with pytest.raises(StoreError, match=message) as error:
            plate.well("A1")
        assert url in str(error.value)
        server.status = 200
        check(plate)


def test_case_38_a_server_that_never_answers_is_given_up(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = make(server)
    # Long enough for the answers that do come, on a busy machine too.
    monkeypatch.setattr(hcs.config, "request_timeout", 1.5)
    with hcs.from_hcs_zarr(url) as plate:
        server.delay = 60.0
        with pytest.raises(StoreError, match="no answer within"):
            plate.well("A1")


def test_no_server_is_said() -> None:
    with pytest.raises(StoreError, match="cannot be reached"):
        hcs.from_hcs_zarr("http://127.0.0.1:1/plate")


def test_a_document_that_is_too_large_is_refused_unread(server: Server) -> None:
    url = make(server)
    with (server.folder / "plate.ome.zarr" / "A" / "1" / "zarr.json").open(
        "wb"
    ) as file:
        file.truncate(20 << 20)
    with (
        hcs.from_hcs_zarr(url) as plate,
        pytest.raises(hcs.UnsafeDataError, match="at most 16777216"),
    ):
        plate.well("A1")


def test_a_page_instead_of_a_document_is_a_metadata_error(server: Server) -> None:
    url = make(server)
    page = server.folder / "plate.ome.zarr" / "zarr.json"
    page.write_text("<html>Please log in</html>")
    with pytest.raises(hcs.MetadataError, match="not valid UTF-8 JSON"):
        hcs.from_hcs_zarr(url)


def test_case_37_credentials_are_sent_and_never_shown(server: Server) -> None:
    make(server)
    make(server, "plate.ozx")
    secret = server.address.replace("http://", "http://user:geheim@")
    errors = []
    for name in ("plate.ome.zarr", "plate.ozx"):
        plate = hcs.from_hcs_zarr(f"{secret}/{name}")
        check(plate)
        shown = [repr(plate), str(plate.location), repr(plate.store)]
        image = plate.well("A1").get_image(0)
        assert image is not None
        shown += [repr(image), repr(image.images[0].data), repr(plate.well("A1"))]
        errors += shown
        server.status = 500
        with pytest.raises(HCSError) as error:
            hcs.from_hcs_zarr(f"{secret}/{name}")
        server.status = 200
        errors.append(_whole(error.value))
    for url in (
        f"{secret}/plate?token=geheim",
        f"{secret}/nothing",
        "http://user:geheim@127.0.0.1:1/p",
        "http://user:geheim@host:port/p",
        "s3://user:geheim@/",
    ):
        with pytest.raises(HCSError) as error:
            hcs.from_hcs_zarr(url)
        errors.append(_whole(error.value))
    assert not [text for text in errors if "geheim" in text]
    assert set(server.logins) == {"Basic dXNlcjpnZWhlaW0="}


def _whole(error: BaseException | None) -> str:
    """Return an error as a log would show it: with what it came from."""
    import traceback

    assert error is not None
    return "".join(traceback.format_exception(error, chain=True))


def test_a_web_server_cannot_be_listed_and_says_so(server: Server) -> None:
    store = hcs.open_store(make(server))
    with pytest.raises(StoreError, match="Cannot list"):
        list(store.children("A"))


def test_a_remote_plate_can_be_pickled(server: Server) -> None:
    for name in ("plate.ome.zarr", "plate.ozx"):
        plate = hcs.from_hcs_zarr(make(server, name))
        with pickle.loads(pickle.dumps(plate)) as again:  # noqa: S301
            check(again)


# --- S3 ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def s3() -> Iterator[Any]:
    """Start an S3 server, and return a client for it."""
    moto = pytest.importorskip("moto.server", reason="needs moto's S3 server")
    boto3 = pytest.importorskip("boto3")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    client = boto3.client(
        "s3",
        endpoint_url=address,
        region_name="us-east-1",
        aws_access_key_id="key",
        aws_secret_access_key="geheim",
    )
    client.create_bucket(Bucket="plates")
    yield client
    client.close()
    server.stop()


@pytest.fixture
def environment(s3: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.meta.endpoint_url)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "geheim")
    return s3


def upload(client: Any, folder: Path, prefix: str) -> None:
    files = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    for file in files:
        if file.is_file():
            key = file.relative_to(folder).as_posix() if file != folder else ""
            name = f"{prefix}/{key}" if key else prefix
            client.put_object(Bucket="plates", Key=name, Body=file.read_bytes())


@pytest.mark.parametrize("name", ["plate.ome.zarr", "plate.ozx"])
def test_a_plate_is_read_from_s3(environment: Any, tmp_path: Path, name: str) -> None:
    path = plates.make(tmp_path / name, rows=2, columns=2)
    upload(environment, path, f"screen/{name}")
    url = f"s3://plates/screen/{name}"
    with hcs.from_hcs_zarr(url) as plate:
        assert plate.location == url
        check(plate)
        assert plate.id == hcs.from_hcs_zarr(path).id
        assert "A" in set(plate.store.children())  # type: ignore[union-attr]
        with pickle.loads(pickle.dumps(plate)) as again:  # noqa: S301
            check(again)
    with pytest.raises(PlateNotFoundError, match="s3://plates/nothing"):
        hcs.from_hcs_zarr("s3://plates/nothing")


def test_a_store_of_obstore_is_taken_as_it_is(environment: Any, tmp_path: Path) -> None:
    from obstore.store import S3Store

    upload(environment, plates.make(tmp_path / "p", rows=2, columns=2), "direct")
    store = S3Store(
        "plates",
        prefix="direct",
        endpoint=environment.meta.endpoint_url,
        client_options={"allow_http": True},
    )
    with hcs.from_hcs_zarr(store) as plate:
        check(plate)
        assert "geheim" not in repr(plate)
