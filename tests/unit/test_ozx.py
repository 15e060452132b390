"""Plates in one file."""

from __future__ import annotations

import io
import pickle
import random
import struct
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.errors import (
    CorruptDataError,
    HCSError,
    InvalidPathError,
    PlateNotFoundError,
    StoreError,
    UnsafeDataError,
)
from hcs.stores.ozx import ArchiveStore, FileSource
from tests import plates

if TYPE_CHECKING:
    from collections.abc import Mapping

ENTRIES = {
    "zarr.json": b'{"zarr_format": 3}',
    "A/zarr.json": b"{}",
    "A/1/zarr.json": b'{"a": 1}',
    "A/1/0/c/0/0": bytes(range(256)) * 4,
}


def archive(
    path: Path,
    entries: Mapping[str, bytes] = ENTRIES,
    method: int = zipfile.ZIP_STORED,
    comment: bytes = b"",
) -> Path:
    with zipfile.ZipFile(path, "w", method) as file:
        for name, data in entries.items():
            file.writestr(name, data)
        file.comment = comment
    return path


class Counting(FileSource):
    """A file that counts what is read of it."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.reads: list[tuple[int, int]] = []

    def read_at(self, start: int, length: int) -> bytes:
        self.reads.append((start, length))
        return super().read_at(start, length)

    @property
    def total(self) -> int:
        return sum(length for _, length in self.reads)


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_entries_are_read_by_key(tmp_path: Path, method: int) -> None:
    with ArchiveStore(archive(tmp_path / "p.ozx", method=method)) as store:
        for name, data in ENTRIES.items():
            assert store.read(name) == data
            assert store.fetch(name, 3, 4) == data[3:7]
            assert store.fetch(name, -5) == data[-5:]
        assert store.read("B/zarr.json") is None
        assert store.read("A") is None
        assert sorted(store.children()) == ["A", "zarr.json"]
        assert sorted(store.children("A/1")) == ["0", "zarr.json"]
        assert list(store.children("Z")) == []
        assert store.stamp("zarr.json") is not None
        assert store.stamp("nothing") is None


def test_the_directory_is_told_in_its_order(tmp_path: Path) -> None:
    comment = b'{"ome": {"version": "0.5"}}'
    with ArchiveStore(archive(tmp_path / "p.ozx", comment=comment)) as store:
        assert [entry.name for entry in store.entries] == list(ENTRIES)
        assert store.zip_directory.comment == comment
        assert store.zip_directory.disks == 1
        assert not store.zip_directory.zip64


def test_zip64_archives_are_read(tmp_path: Path) -> None:
    """Ours always have ZIP64 records; here a sparse one is really larger than 4 GiB."""
    path = hcs_archive(tmp_path)
    with ArchiveStore(path) as store:
        assert store.zip_directory.zip64
    large = tmp_path / "large.ozx"
    with large.open("wb") as stream, zipfile.ZipFile(stream, "w") as file:
        file.writestr("zarr.json", b"{}")
        file.fp.seek(5 << 30)  # type: ignore[union-attr]
        file.start_dir = 5 << 30  # where the next entry goes
        file.writestr("A/zarr.json", b'{"far": 1}')
    with ArchiveStore(large) as store:
        assert store.zip_directory.zip64
        assert store.read("A/zarr.json") == b'{"far": 1}'


def descriptors() -> int:
    """Return how many files this process has open."""
    return len(list(Path("/proc/self/fd").iterdir()))


def hcs_archive(folder: Path) -> Path:
    return plates.make(folder / "plate.ozx", rows=1, columns=2, fields=1)


def test_one_descriptor_serves_all_reads(tmp_path: Path) -> None:
    path = hcs_archive(tmp_path)
    before = descriptors()
    with hcs.from_hcs_zarr(path) as plate:
        for field in plate.fields():
            for image in field.image().images:
                np.asarray(image.data)
        assert descriptors() == before + 1
    assert descriptors() == before


def test_a_closed_archive_says_so(tmp_path: Path) -> None:
    store = ArchiveStore(archive(tmp_path / "p.ozx"))
    store.close()
    store.close()
    with pytest.raises(StoreError, match="was closed"):
        store.read("zarr.json")


def test_an_archive_that_nobody_closed_gives_its_descriptor_back(
    tmp_path: Path,
) -> None:
    before = descriptors()
    for _ in range(20):
        ArchiveStore(archive(tmp_path / "p.ozx"))
    assert descriptors() <= before + 1


def test_a_document_costs_one_read_of_little_more_than_itself(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.ozx", {**ENTRIES, "pad": bytes(200_000)})
    source = Counting(str(path))
    store = ArchiveStore(source=source, location="p")
    opened = len(source.reads)
    assert opened == 1, "the end of the file, once"
    assert store.read("A/1/zarr.json") == ENTRIES["A/1/zarr.json"]
    assert len(source.reads) == 2
    assert source.reads[-1][1] <= len(ENTRIES["A/1/zarr.json"]) + 30 + 13 + 64


def test_a_part_costs_that_part_and_once_the_header(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.ozx", {"big": bytes(10_000_000), **ENTRIES})
    source = Counting(str(path))
    store = ArchiveStore(source=source, location="p")
    source.reads.clear()
    store.fetch("big", 5_000_000, 1000)
    store.fetch("big", -16, None)
    assert source.total == 30 + 1000 + 16


def test_one_inner_chunk_costs_at_most_itself_its_index_and_headers(
    tmp_path: Path,
) -> None:
    """Design, decision 12: never the whole shard."""
    zarr = pytest.importorskip("zarr")
    folder = tmp_path / "image.ome.zarr"
    pixels = np.random.default_rng(0).integers(0, 4096, (1, 512, 512), "u2")
    group = zarr.open_group(folder, mode="w", zarr_format=3)
    group.attrs["ome"] = image_attributes()
    array = group.create_array(
        "0", shape=pixels.shape, dtype="u2", chunks=(1, 64, 64), shards=(1, 512, 512)
    )
    array[:] = pixels
    path = tmp_path / "image.ozx"
    with zipfile.ZipFile(path, "w") as packed:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                packed.write(file, file.relative_to(folder).as_posix())
    source = Counting(str(path))
    store = ArchiveStore(source=source, location="p")
    image = hcs.from_ome_zarr(store).images[0]
    assert image.data.shape == pixels.shape
    source.reads.clear()
    region = image.data[0, 64:128, 128:192]
    assert (region == pixels[0, 64:128, 128:192]).all()
    index = 16 * 64 + 4
    chunk = 64 * 64 * 2 + 64  # random pixels do not compress
    assert source.total <= chunk + index + 30
    assert source.total < path.stat().st_size / 40


def image_attributes() -> dict[str, object]:
    scale = {"type": "scale", "scale": [1.0, 1.0, 1.0]}
    return {
        "version": "0.5",
        "multiscales": [
            {
                "axes": [{"name": name} for name in "cyx"],
                "datasets": [{"path": "0", "coordinateTransformations": [scale]}],
            }
        ],
    }


def test_an_archive_that_is_replaced_is_read_to_the_end_as_it_was(
    tmp_path: Path,
) -> None:
    path = archive(tmp_path / "p.ozx")
    with ArchiveStore(path) as store:
        old = store.stamp("zarr.json")
        new = archive(tmp_path / "new.ozx", {"zarr.json": b'{"new": 1}'})
        new.replace(path)
        assert store.read("zarr.json") == ENTRIES["zarr.json"]
        assert store.stamp("zarr.json") == old
        store.refresh()
        assert store.read("zarr.json") == b'{"new": 1}'
        assert store.stamp("zarr.json") != old
        path.unlink()
        with pytest.raises(PlateNotFoundError, match="is gone"):
            store.refresh()


def test_threads_read_one_archive(tmp_path: Path) -> None:
    with ArchiveStore(archive(tmp_path / "p.ozx")) as store:

        def work(number: int) -> bool:
            names = list(ENTRIES)
            random.Random(number).shuffle(names)
            return all(store.read(name) == ENTRIES[name] for name in names * 20)

        with ThreadPoolExecutor(8) as pool:
            assert all(pool.map(work, range(8)))


def test_a_pickled_archive_opens_itself(tmp_path: Path) -> None:
    store = ArchiveStore(archive(tmp_path / "p.ozx"))
    again = pickle.loads(pickle.dumps(store))  # noqa: S301
    store.close()
    with again:
        assert again.read("zarr.json") == ENTRIES["zarr.json"]


# --- what must be refused ------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"PK", id="two bytes"),
        pytest.param(b"x" * 100_000, id="no ZIP"),
        pytest.param(b"PK\x05\x06" + bytes(17), id="end record cut off"),
    ],
)
def test_what_is_no_archive_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "p.ozx"
    path.write_bytes(data)
    with pytest.raises(CorruptDataError, match=r"p\.ozx is not a ZIP file"):
        hcs.open_store(path)


@pytest.mark.parametrize("cut", [1, 10, 22, 60, 200, 900])
def test_case_20_an_archive_whose_end_is_missing_is_refused(
    tmp_path: Path, cut: int
) -> None:
    path = archive(tmp_path / "p.ozx")
    path.write_bytes(path.read_bytes()[:-cut])
    with pytest.raises(CorruptDataError, match=r"p\.ozx"):
        ArchiveStore(path)


def test_case_20_an_archive_whose_start_is_missing_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.ozx")
    path.write_bytes(path.read_bytes()[40:])
    with pytest.raises(CorruptDataError, match="cut off"):
        ArchiveStore(path)


def test_a_directory_of_lies_takes_no_memory(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.ozx")
    data = bytearray(path.read_bytes())
    struct.pack_into("<I", data, len(data) - 10, 0xFFFFFFF0)  # size of the directory
    path.write_bytes(data)
    with pytest.raises(UnsafeDataError, match="directory of 4294967280 bytes"):
        ArchiveStore(path)


def test_case_23_entries_that_stand_twice_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "p.ozx"
    with zipfile.ZipFile(path, "w") as file:
        file.writestr("zarr.json", b"1")
        with pytest.warns(UserWarning, match="Duplicate"):
            file.writestr("zarr.json", b"2")
        file.writestr("A/zarr.json", b"3")
    with ArchiveStore(path) as store:
        assert len(store.entries) == 3, "validate sees them all"
        assert store.read("A/zarr.json") == b"3"
        with pytest.raises(UnsafeDataError, match="more than once"):
            store.read("zarr.json")


def test_case_21_entries_that_climb_are_never_reached(tmp_path: Path) -> None:
    entries = {"../evil": b"1", "/etc/evil": b"2", "zarr.json": b"3"}
    with ArchiveStore(archive(tmp_path / "p.ozx", entries)) as store:
        for name in ("../evil", "/etc/evil"):
            with pytest.raises(InvalidPathError):
                store.read(name)


def test_case_22_a_document_that_inflates_beyond_the_limit_is_refused(
    tmp_path: Path,
) -> None:
    entries = {"zarr.json": bytes(100 << 20)}
    path = archive(tmp_path / "p.ozx", entries, zipfile.ZIP_DEFLATED)
    with (
        ArchiveStore(path) as store,
        pytest.raises(UnsafeDataError, match="at most 16777216"),
    ):
        store.read("zarr.json")


def _patched(path: Path, name: bytes, offset: int, change: bytes) -> None:
    """Change bytes of an entry of the directory, counted from its start."""
    data = bytearray(path.read_bytes())
    at = data.rindex(b"PK\x01\x02", 0, data.rindex(name))
    data[at + offset : at + offset + len(change)] = change
    path.write_bytes(data)


def test_case_22_an_entry_that_lies_about_what_it_inflates_to_is_refused(
    tmp_path: Path,
) -> None:
    entries = {"zarr.json": bytes(10 << 20), "A/zarr.json": b"{}"}
    path = archive(tmp_path / "p.ozx", entries, zipfile.ZIP_DEFLATED)
    _patched(path, b"zarr.json", 24, struct.pack("<I", 100))
    with ArchiveStore(path) as store:
        lying = next(entry.name for entry in store.entries if entry.size == 100)
        with pytest.raises(CorruptDataError, match=lying):
            store.read(lying)


@pytest.mark.parametrize(
    ("offset", "change", "kind", "message"),
    [
        pytest.param(8, b"\x01", UnsafeDataError, "encrypted", id="encrypted"),
        pytest.param(10, b"\x0c", UnsafeDataError, "compressed by 12", id="bzip2"),
        pytest.param(16, b"\0\0\0\0", CorruptDataError, "checksum", id="checksum"),
        pytest.param(20, b"\x01\0\0\0", CorruptDataError, "damaged", id="stored size"),
        pytest.param(24, b"\xff\xff\0\0", CorruptDataError, "damaged", id="size"),
        pytest.param(42, b"\x07\0\0\0", CorruptDataError, "no entry", id="offset"),
        pytest.param(42, b"\xff\xff\xff\0", CorruptDataError, "ends", id="far offset"),
    ],
)
def test_a_damaged_entry_is_refused_and_the_others_are_read(
    tmp_path: Path, offset: int, change: bytes, kind: type[HCSError], message: str
) -> None:
    path = archive(tmp_path / "p.ozx")
    _patched(path, b"A/1/0/c/0/0", offset, change)
    with ArchiveStore(path) as store:
        assert store.read("A/1/zarr.json") == ENTRIES["A/1/zarr.json"]
        with pytest.raises(kind, match=message):
            store.read("A/1/0/c/0/0")


def test_a_damaged_byte_is_found_by_its_checksum(tmp_path: Path) -> None:
    path = archive(tmp_path / "p.ozx")
    data = path.read_bytes()
    path.write_bytes(data.replace(b'{"a": 1}', b'{"a": 2}'))
    with ArchiveStore(path) as store, pytest.raises(CorruptDataError, match="checks"):
        store.read("A/1/zarr.json")


def _read_or_error(folder: Path, data: bytes) -> None:
    path = folder / "fuzz.ozx"
    path.write_bytes(data)
    try:
        with ArchiveStore(path) as store:
            for entry in store.entries:
                store.fetch(entry.name, 0, 10)
                store.fetch(entry.name)
            list(store.children())
    except HCSError:
        pass


def _whole() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in ENTRIES.items():
            file.writestr(name, data)
    return buffer.getvalue()


WHOLE = _whole()
DAMAGE = st.lists(
    st.tuples(st.integers(0, len(WHOLE) - 1), st.integers(0, 255)), max_size=6
)


@settings(max_examples=200)
@given(DAMAGE, st.integers(0, 40), st.integers(0, 40))
def test_any_damage_gives_bytes_or_our_error(
    tmp_path_factory: pytest.TempPathFactory,
    damage: list[tuple[int, int]],
    head: int,
    tail: int,
) -> None:
    data = bytearray(WHOLE)
    for place, value in damage:
        data[place] = value
    damaged = bytes(
        data[head if head < 10 else 0 : len(data) - (tail if tail < 10 else 0)]
    )
    _read_or_error(tmp_path_factory.getbasetemp(), damaged)
