"""Folders, and finding out what a location is."""

from __future__ import annotations

import os
import pickle
import re
import threading
from pathlib import Path

import pytest

import hcs
from hcs.errors import (
    InvalidPathError,
    PlateNotFoundError,
    StoreError,
    UnsafeDataError,
)
from hcs.stores.directory import DirectoryStore
from hcs.stores.location import open_store
from hcs.stores.ozx import ArchiveStore
from tests import plates


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "plate.ome.zarr"
    (root / "A" / "1").mkdir(parents=True)
    (root / "zarr.json").write_bytes(b"0123456789")
    (root / "A" / "1" / "zarr.json").write_bytes(b"{}")
    return root


_PLACES = r"\b(?:Directory|Archive|Remote|Zarr)Store\b|\b[A-Z]\w+Target\b"


def test_nobody_asks_a_store_or_target_what_class_it_is_of() -> None:
    """A place of a new kind is read, written and listed without a change there."""
    root = Path(hcs.__file__).parents[1]
    asked = re.compile(rf"isinstance\([^)]*(?:{_PLACES})|\"(?:{_PLACES})\"")
    paths = [*(root / "hcs").rglob("*.py"), *(root / "dashboard").rglob("*.py")]
    texts = {path: path.read_text("utf-8") for path in paths}
    assert not [path for path, text in texts.items() if asked.search(text)]


def test_documents_are_read_by_key(folder: Path) -> None:
    store = DirectoryStore(folder)
    assert store.read("A/1/zarr.json") == b"{}"
    assert store.read("A/2/zarr.json") is None
    assert store.read("zarr.json/deeper") is None
    assert store.read("A") is None, "a folder is no document"
    assert sorted(store.children()) == ["A", "zarr.json"]
    assert list(store.children("A")) == ["1"]
    assert list(store.children("nothing")) == []


@pytest.mark.parametrize(
    ("start", "length", "expected"),
    [
        (0, None, b"0123456789"),
        (3, None, b"3456789"),
        (3, 2, b"34"),
        (-4, None, b"6789"),
        (-99, None, b"0123456789"),
        (8, 99, b"89"),
        (99, None, b""),
        (0, 0, b""),
    ],
)
def test_parts_are_read_by_range(
    folder: Path, start: int, length: int | None, expected: bytes
) -> None:
    assert DirectoryStore(folder).fetch("zarr.json", start, length) == expected


def test_more_than_the_limit_is_refused_unread(folder: Path) -> None:
    with (folder / "huge.json").open("wb") as stream:
        stream.truncate(1 << 40)
    with pytest.raises(UnsafeDataError, match="1099511627776 bytes; at most 16777216"):
        DirectoryStore(folder).read("huge.json")
    assert DirectoryStore(folder).fetch("huge.json", 1 << 39, 4) == bytes(4)


@pytest.mark.parametrize("key", ["../x", "/etc/passwd", "A/../../x", "A\\1", "A\0"])
def test_keys_that_climb_are_refused(folder: Path, key: str) -> None:
    with pytest.raises(InvalidPathError, match="inside the plate"):
        DirectoryStore(folder).read(key)


def test_names_with_dots_are_not_climbing(folder: Path) -> None:
    (folder / "a..b").write_bytes(b"1")
    assert DirectoryStore(folder).read("a..b") == b"1"


def test_case_12_links_that_leave_the_plate_are_refused(
    folder: Path, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.mkdir()
    (secret / "zarr.json").write_text("{}")
    (folder / "B").symlink_to(secret)
    (folder / "C.json").symlink_to(secret / "zarr.json")
    store = DirectoryStore(folder)
    for key in ("B/zarr.json", "C.json"):
        with pytest.raises(UnsafeDataError, match="leads out of the plate"):
            store.read(key)
    with pytest.raises(UnsafeDataError, match="leads out of the plate"):
        list(store.children("B"))


def test_links_that_leave_are_followed_where_the_settings_say_so(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hcs.config, "follow_links", True)
    (tmp_path / "disk").mkdir()
    (tmp_path / "disk" / "zarr.json").write_text("{}")
    (folder / "B").symlink_to(tmp_path / "disk")
    assert DirectoryStore(folder).read("B/zarr.json") == b"{}"
    assert list(DirectoryStore(folder).children("B")) == ["zarr.json"]


def test_a_plate_beside_with_the_same_beginning_is_outside(tmp_path: Path) -> None:
    for name in ("p", "p2"):
        (tmp_path / name).mkdir()
    (tmp_path / "p2" / "x").write_bytes(b"1")
    (tmp_path / "p" / "y").symlink_to(tmp_path / "p2" / "x")
    with pytest.raises(UnsafeDataError, match="leads out"):
        DirectoryStore(tmp_path / "p").read("y")


def test_links_inside_the_plate_and_to_the_plate_are_followed(
    folder: Path, tmp_path: Path
) -> None:
    (folder / "B").symlink_to("A")
    (tmp_path / "link").symlink_to(folder)
    store = DirectoryStore(tmp_path / "link")
    assert store.read("B/1/zarr.json") == b"{}"


def test_case_13_a_loop_of_links_is_refused(folder: Path) -> None:
    (folder / "loop").symlink_to(folder / "loop")
    with pytest.raises(UnsafeDataError, match="loop"):
        DirectoryStore(folder).read("loop")


def test_case_13_a_pipe_called_like_a_document_does_not_hang(folder: Path) -> None:
    os.mkfifo(folder / "A" / "zarr.json")
    with pytest.raises(UnsafeDataError, match="not a plain file"):
        DirectoryStore(folder).read("A/zarr.json")


def test_case_13_a_device_is_refused(folder: Path) -> None:
    (folder / "null").symlink_to("/dev/null")
    with pytest.raises(UnsafeDataError, match="not a plain file"):
        DirectoryStore(folder).read("null")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_without_permission_is_a_store_error(folder: Path) -> None:
    (folder / "zarr.json").chmod(0)
    with pytest.raises(StoreError, match="Permission denied"):
        DirectoryStore(folder).read("zarr.json")


def test_a_name_beyond_the_file_system_is_a_store_error(folder: Path) -> None:
    with pytest.raises(StoreError, match="too long"):
        DirectoryStore(folder).read("x" * 5000)


def test_stamps_change_with_the_document(folder: Path) -> None:
    store = DirectoryStore(folder)
    before = store.stamp("zarr.json")
    assert before == store.stamp("zarr.json")
    (folder / "new").write_bytes(b"0123456789")
    (folder / "new").replace(folder / "zarr.json")
    assert store.stamp("zarr.json") != before
    assert store.stamp("nothing") is None


def test_a_relative_path_survives_a_change_of_folder(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    store = open_store("plate.ome.zarr")
    monkeypatch.chdir("/")
    assert store.read("A/1/zarr.json") == b"{}"
    assert store.location == str(folder)


def test_a_store_can_be_pickled(folder: Path) -> None:
    store = pickle.loads(pickle.dumps(DirectoryStore(folder)))  # noqa: S301
    assert store.read("A/1/zarr.json") == b"{}"


def test_eight_threads_read_one_store(folder: Path) -> None:
    store = DirectoryStore(folder)
    read: list[bytes | None] = []

    def work() -> None:
        read.extend(store.fetch("zarr.json", place, 1) for place in range(10))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(read) == 80
    assert set(read) == {bytes([48 + digit]) for digit in range(10)}


# --- locations -----------------------------------------------------------------------


def test_a_folder_is_opened_by_path_text_and_address(folder: Path) -> None:
    for location in (folder, str(folder), folder.as_uri()):
        assert isinstance(open_store(location), DirectoryStore)


def test_a_store_is_returned_as_it_is(folder: Path) -> None:
    store = DirectoryStore(folder)
    assert open_store(store) is store


def test_an_archive_is_known_in_any_case_of_letters(tmp_path: Path) -> None:
    import zipfile

    path = tmp_path / "p.OZX"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("zarr.json", "{}")
    assert isinstance(open_store(path), ArchiveStore)


@pytest.mark.parametrize("location", ["", "nothing/here", "a\0b", "x" * 5000])
def test_case_01_nothing_at_a_path_is_said(
    location: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(PlateNotFoundError, match=r"No plate|is empty"):
        open_store(location)


def test_a_pipe_is_no_plate(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(PlateNotFoundError, match="neither a folder nor a file"):
        open_store(tmp_path / "pipe")


@pytest.mark.parametrize("location", [None, 7, ["a"], object()])
def test_what_is_no_location_is_refused_by_its_type(location: object) -> None:
    with pytest.raises(StoreError, match=type(location).__name__):
        open_store(location)


def test_an_unknown_scheme_is_named_without_its_password() -> None:
    with pytest.raises(StoreError, match="'ftp'") as error:
        open_store("ftp://user:secret@host/plate")
    assert "secret" not in str(error.value)


def test_errors_are_the_builtins_too(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        hcs.from_hcs_zarr(tmp_path / "nothing")
    with pytest.raises(KeyError):
        hcs.from_hcs_zarr(tmp_path / "nothing")


@pytest.mark.parametrize("name", ["p.ome.zarr", "p.ozx"])
def test_a_store_whose_place_has_gone_on_the_way_fails_where_it_is_read(
    tmp_path: Path, name: str
) -> None:
    """A process that could not even receive it would end, and its pool with it."""
    path = plates.make(tmp_path / name)
    with hcs.from_hcs_zarr(path) as plate:
        sent = pickle.dumps(plate.store)
        there = pickle.loads(sent)  # noqa: S301
        assert there.read("zarr.json") == plate.store.read("zarr.json")
        there.close()
    path.rename(tmp_path / "away")
    store = pickle.loads(sent)  # noqa: S301
    with pytest.raises(hcs.HCSError), hcs.HCSPlate(store) as plate:
        plate.get_well("A", "1")
