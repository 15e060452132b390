"""Whatever is sent as an upload: an answer in words, no crash, no hang, no traceback.

The inputs are drawn from a seed, so that one that fails can be sent again.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import io
import logging
import random
import string
import zipfile
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile
from PIL import Image

from dashboard.app import ServerSettings
from dashboard.corrections.decoders import Decoder
from dashboard.corrections.decoding import DecodingOrder
from dashboard.uploads.values import Quotas
from hcs.errors import SourceError
from tests import plates
from tests.integration.serving import Served, service, wait_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SAMPLE = 1000
ALL = 20_000

amounts = pytest.mark.parametrize(
    "count",
    [
        pytest.param(SAMPLE, id="a sample"),
        pytest.param(
            ALL, id="all", marks=[pytest.mark.full, pytest.mark.timeout(3600)]
        ),
    ],
)


def any_bytes(rng: random.Random, most: int = 64) -> bytes:
    return rng.randbytes(rng.randrange(most))


# --- handlers -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    path = plates.make(tmp_path_factory.mktemp("plates") / "p.ome.zarr", rows=1)
    quotas = Quotas(file_bytes=5000, person_bytes=400_000, person_files=300)
    with (
        service(tmp_path_factory.mktemp("w"), path, quotas=quotas) as made,
        Served(made, ServerSettings(port=0)) as running,
    ):
        yield running


def number_text(rng: random.Random) -> str:
    return rng.choice(
        [
            str(rng.randrange(300)),
            str(rng.randrange(10**6)),
            "0",
            "-1",
            "",
            "1e3",
            "9" * rng.randrange(1, 40),
            "0x10",
            "nan",
            f" {rng.randrange(9)} ",
            "\xb2",
        ]
    )


KEYS = [
    "filename",
    "folder",
    "relativePath",
    "purpose",
    "plate",
    "well",
    "modified",
    "digest",
]


def metadata_text(rng: random.Random) -> str:
    pairs = []
    for _ in range(rng.randrange(5)):
        key = rng.choice([*KEYS, "", "ü", "a b", "".join(rng.choices("abc", k=2))])
        text = rng.choice(
            [
                any_bytes(rng),
                b"../" * rng.randrange(30) + b"a.tif",
                b"correction",
                b"plate",
                b"p.ome.zarr",
                b"\\\\host\\share\\a.tif",
                "B02 \u202e ü".encode(),
                b"\0",
            ]
        )
        value = base64.b64encode(text).decode()
        spoilt = rng.random() < 0.1
        pairs.append(f"{key} {value[:-1] if spoilt else value}")
    return rng.choice([",", ", ", ",,", " "]).join(pairs)


def header_value(rng: random.Random, right: str) -> str:
    if rng.random() < 0.75:
        return right
    letters = string.ascii_letters + string.digits + " ,;=/-\t\xe9"
    return "".join(rng.choices(letters, k=rng.randrange(40))).strip()


def request_of(
    rng: random.Random, known: list[str], headers: dict[str, str]
) -> tuple[str, str, dict[str, str], bytes | None]:
    """Return method, address, headers and body of something like a tus request."""
    method = rng.choice(
        ["POST"] * 4 + ["PATCH"] * 8 + ["HEAD", "DELETE", "GET", "OPTIONS", "PUT"]
    )
    others = ["x", "A" * 300, "%2e%2e", "..", "a/b", ""]
    identifier = rng.choice(known[-20:] if known and rng.random() < 0.8 else others)
    at_all = method != "PATCH" if rng.random() < 0.8 else method == "PATCH"
    address = "/uploads" if at_all else f"/uploads/{identifier}"
    sent = dict(headers)
    sent["Tus-Resumable"] = header_value(rng, "1.0.0")
    for name, make in (
        ("Upload-Length", number_text),
        ("Upload-Offset", number_text),
        ("Upload-Metadata", metadata_text),
    ):
        if rng.random() < 0.7:
            sent[name] = make(rng)
    sent["Content-Type"] = header_value(rng, "application/offset+octet-stream")
    for name, values in (
        ("X-HTTP-Method-Override", ["PATCH", "DELETE", "", "GET", "NOTHING"]),
        ("Prefer", ["wait=0", "wait=", "wait=99999", "return=minimal"]),
        ("Upload-Defer-Length", ["1", ""]),
        ("X-Hcs-Page", ["guess", ""]),
        ("Expect", ["100-continue"]),
    ):
        if rng.random() < 0.1:
            sent[name] = rng.choice(values)
    if rng.random() < 0.3:
        sent |= {"Upload-Offset": "0", "Upload-Length": str(rng.randrange(900))}
    body = any_bytes(rng, rng.choice([9, 6000])) if rng.random() < 0.6 else None
    return method, address, sent, body


@amounts
def test_any_request_is_answered_and_none_leaves_a_traceback(
    served: Served, caplog: pytest.LogCaptureFixture, count: int
) -> None:
    caplog.set_level(logging.ERROR)
    rng = random.Random(17)
    connection = http.client.HTTPConnection("127.0.0.1", served.port, timeout=60)
    with contextlib.closing(connection):
        statuses = statuses_of(served, connection, rng, count)
    assert statuses.keys() >= {200, 201, 204, 400, 404, 409, 412, 413, 415}, statuses
    assert served.get("/health").status == 200
    assert [record for record in caplog.records if record.exc_info] == []
    uploads = served.service.uploads
    for file in uploads.owned_by("local"):
        assert 0 <= file.offset <= file.file.size
    uploads.remove("local", [file.id for file in uploads.owned_by("local")])


def statuses_of(
    served: Served, connection: http.client.HTTPConnection, rng: random.Random, n: int
) -> dict[int, int]:
    """Send requests; return how often each status was answered."""
    headers, uploads = served.sent_by_pages, served.service.uploads
    statuses: dict[int, int] = {}
    for _ in range(n):
        known = [file.id for file in uploads.owned_by("local")]
        method, address, sent, body = request_of(rng, known, headers)
        try:
            connection.request(method, address, body, sent)
            answer = connection.getresponse()
            answer.read()
        except (http.client.HTTPException, ConnectionError, ValueError):
            # Of headers that no client can send, or a connection that was let go.
            connection.close()
            continue
        statuses[answer.status] = statuses.get(answer.status, 0) + 1
        assert answer.status < 500, (method, address, sent, answer.status)
    return statuses


@pytest.mark.parametrize("seed", range(5))
def test_pieces_of_any_size_and_broken_lines_give_the_file_that_was_sent(
    served: Served, seed: int
) -> None:
    rng = random.Random(seed)
    data = rng.randbytes(4000)
    location = served.announce("/uploads", len(data)).headers["Location"]
    offset = 0
    while offset < len(data):
        piece = data[offset : offset + rng.randrange(1, 900)]
        if rng.random() < 0.3:  # from somewhere else: refused
            wrong = rng.choice([offset + 1, max(0, offset - 1), 10**9])
            if wrong != offset:
                assert served.add_bytes(location, wrong, piece).status in (409, 413)
        answer = served.add_bytes(location, offset, piece)
        offset = int(answer.headers["Upload-Offset"])
    upload = location.rpartition("/")[2]
    wait_for(lambda: served.service.uploads.get("local", upload).whole, "for the file")
    assert served.service.uploads.content("local", upload).read_bytes() == data


# --- decoders -------------------------------------------------------------------------


def written(write: Callable[[io.BytesIO], object]) -> bytes:
    stream = io.BytesIO()
    write(stream)
    return stream.getvalue()


def seeds() -> list[bytes]:
    """Return small files of the kinds that are read."""
    plane = np.arange(24 * 20, dtype="u2").reshape(24, 20)
    stack = np.stack([plane, plane + 1])
    made = [
        written(lambda s: tifffile.imwrite(s, plane)),
        written(lambda s: tifffile.imwrite(s, stack, photometric="minisblack")),
        written(lambda s: tifffile.imwrite(s, plane, bigtiff=True, byteorder=">")),
        written(
            lambda s: tifffile.imwrite(s, stack, ome=True, metadata={"axes": "ZYX"})
        ),
        written(lambda s: tifffile.imwrite(s, stack, imagej=True)),
        written(lambda s: tifffile.imwrite(s, plane.astype("f4"), tile=(16, 16))),
        written(lambda s: tifffile.imwrite(s, plane.astype("u1") > 9)),
        written(lambda s: Image.fromarray(plane).save(s, "PNG")),
        written(lambda s: Image.fromarray(plane.astype("u1")).save(s, "JPEG")),
        written(lambda s: Image.fromarray(plane.astype("u1")).save(s, "GIF")),
    ]
    for compression in ("zlib", "lzw", "zstd", "packbits", "jpeg"):
        pixels = plane.astype("u1") if compression == "jpeg" else plane
        made.append(
            written(
                lambda s, p=pixels, c=compression: tifffile.imwrite(s, p, compression=c)
            )
        )

    def pack(stream: io.BytesIO) -> None:
        with zipfile.ZipFile(stream, "w") as archive:
            archive.writestr("a.tif", made[0])
            archive.writestr("zarr.json", '{"zarr_format": 3, "node_type": "group"}')

    return [*made, written(pack), b"", b"II*\0", b"MM\0+", b"\x89PNG\r\n\x1a\n"]


def spoilt(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Return a file with something wrong in it, often in its header."""
    result = bytearray(data)
    for _ in range(rng.randrange(1, 6)):
        if not result:
            break
        where = rng.randrange(min(len(result), rng.choice([16, 300, 10**6])))
        act = rng.randrange(6)
        if act == 0:
            result[where] = rng.randrange(256)
        elif act == 1:
            result[where : where + 4] = rng.choice(
                [b"\xff" * 4, bytes(4), b"\x7f\xff\xff\xff", rng.randbytes(4)]
            )
        elif act == 2:
            del result[where:]
        elif act == 3:
            del result[where : where + rng.randrange(1, 9)]
        elif act == 4:
            other = rng.choice(others)
            result[where:where] = other[: rng.randrange(len(other) + 1)]
        else:
            result[where] ^= 1 << rng.randrange(8)
    return bytes(result)


@amounts
def test_any_file_is_decoded_or_refused_in_words(tmp_path: Path, count: int) -> None:
    rng = random.Random(18)
    files = seeds()
    source, target = tmp_path / "content", tmp_path / "planes.npy"
    order = DecodingOrder(
        source=str(source),
        target=str(target),
        name="a.tif",
        max_bytes=1 << 24,
        seconds=60,
    )
    decoded = refused = 0
    with contextlib.ExitStack() as closing:
        child = None
        for number in range(count):
            data = spoilt(rng, rng.choice(files), files)
            source.write_bytes(data)
            if child is None or child.spent:
                child = Decoder()
                closing.callback(child.close)
            reason, facts = "", None
            try:
                facts = child.decode(order)
            except SourceError as error:
                reason = str(error)
            if facts is None:
                refused += 1
                assert "a.tif" in reason, number
                for word in ("Traceback", "signal", "given up", "without an answer"):
                    assert word not in reason, (number, reason)
                assert not target.exists(), number
                continue
            decoded += 1
            planes = np.load(target, mmap_mode="r", allow_pickle=False)
            assert planes.shape == facts.shape, number
            assert planes.nbytes <= order.max_bytes, number
            target.unlink()
    assert min(decoded, refused) > count // 20, (decoded, refused)
