"""Uploads on the disk: what is acknowledged stays, what nobody can resume goes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from dashboard.errors import NoSpaceError, NotServedError, OffsetError, TooLargeError
from dashboard.uploads.stored_file import MARK_BYTES
from dashboard.uploads.uploads import Uploads
from dashboard.uploads.values import FileToSend, Quotas

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANN, BEN = "user:Ann", "user:Ben"
DAY = 24 * 3600.0


class Clock:
    """A clock that stands still until it is moved."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "staging"
    folder.mkdir()
    return folder


@pytest.fixture
def uploads(root: Path, clock: Clock) -> Iterator[Uploads]:
    made = Uploads(root, now=clock)
    made.start()
    yield made
    made.close()


def begin(uploads: Uploads, size: int, owner: str = ANN, name: str = "a.tif") -> str:
    return uploads.create(owner, FileToSend(name=name, size=size)).id


def send(
    uploads: Uploads, upload: str, data: bytes, offset: int = 0, owner: str = ANN
) -> None:
    receiving = uploads.receive(owner, upload, offset)
    try:
        receiving.write(data)
    finally:
        receiving.end()


def names_below(root: Path) -> set[str]:
    return {path.name for path in root.rglob("*")}


# --- bytes ---------------------------------------------------------------------------


def test_a_file_arrives_in_pieces_and_is_whole_with_the_last(uploads: Uploads) -> None:
    heard: list[str] = []
    uploads.when_whole(lambda file: heard.append(file.id))
    upload = begin(uploads, 6)
    send(uploads, upload, b"abc")
    assert (uploads.get(ANN, upload).offset, heard) == (3, [])
    send(uploads, upload, b"def", 3)
    assert heard == [upload]
    assert uploads.content(ANN, upload).read_bytes() == b"abcdef"


def test_bytes_that_do_not_go_on_are_refused(uploads: Uploads) -> None:
    upload = begin(uploads, 6)
    send(uploads, upload, b"abc")
    for offset in (0, 2, 4):
        with pytest.raises(OffsetError, match="3 bytes"):
            send(uploads, upload, b"x", offset)
    assert uploads.get(ANN, upload).offset == 3


def test_case_28_more_than_was_announced_is_refused(uploads: Uploads) -> None:
    upload = begin(uploads, 4)
    with pytest.raises(TooLargeError, match="announced"):
        send(uploads, upload, b"abcde")
    assert uploads.get(ANN, upload).offset == 0


def test_a_second_request_takes_over_and_the_first_brings_nothing_more(
    uploads: Uploads,
) -> None:
    upload = begin(uploads, 6)
    hanging = uploads.receive(ANN, upload, 0)
    hanging.write(b"ab")
    assert uploads.settled(ANN, upload).offset == 2
    with pytest.raises(PermissionError, match="another request"):
        hanging.write(b"zz")
    send(uploads, upload, b"cdef", 2)
    assert uploads.content(ANN, upload).read_bytes() == b"abcdef"


def test_nobody_has_what_is_somebody_elses(uploads: Uploads) -> None:
    upload = begin(uploads, 3)
    for act in (
        lambda: uploads.get(BEN, upload),
        lambda: uploads.receive(BEN, upload, 0),
        lambda: uploads.settled(BEN, upload),
        lambda: uploads.content(BEN, upload),
    ):
        with pytest.raises(NotServedError):
            act()
    uploads.remove(BEN, [upload])
    assert uploads.owned_by(BEN) == ()
    assert [file.id for file in uploads.owned_by(ANN)] == [upload]


def test_a_removed_upload_leaves_nothing(uploads: Uploads, root: Path) -> None:
    upload = begin(uploads, 3)
    receiving = uploads.receive(ANN, upload, 0)
    receiving.write(b"ab")
    uploads.remove(ANN, [upload])
    assert upload not in names_below(root)
    with pytest.raises(PermissionError):
        receiving.write(b"c")


# --- space ---------------------------------------------------------------------------


def test_case_29_limits_count_what_was_announced_and_are_given_back(
    root: Path, clock: Clock
) -> None:
    quotas = Quotas(file_bytes=60, person_bytes=100, total_bytes=150)
    uploads = Uploads(root, quotas, clock)
    with pytest.raises(TooLargeError, match=r"a\.tif has"):
        begin(uploads, 61)
    first = begin(uploads, 60)
    with pytest.raises(TooLargeError):
        begin(uploads, 41)
    begin(uploads, 40)
    begin(uploads, 50, BEN)
    with pytest.raises(TooLargeError):
        begin(uploads, 1, BEN)
    uploads.remove(ANN, [first])
    begin(uploads, 50, BEN, "b.tif")
    uploads.close()


def test_a_page_has_less_than_its_person(root: Path, clock: Clock) -> None:
    uploads = Uploads(root, Quotas(page_bytes=10, person_bytes=20), clock)
    file = FileToSend(name="a.tif", size=8)
    uploads.create(ANN, file, "page 1")
    with pytest.raises(TooLargeError):
        uploads.create(ANN, file, "page 1")
    uploads.create(ANN, file, "page 2")
    with pytest.raises(TooLargeError):
        uploads.create(ANN, file, "page 3")
    uploads.close()


def test_too_many_files_are_counted_by_how_far_they_are(
    root: Path, clock: Clock
) -> None:
    uploads = Uploads(root, Quotas(person_files=3), clock)
    send(uploads, begin(uploads, 1), b"x")
    for _ in range(2):
        begin(uploads, 9)
    with pytest.raises(
        TooLargeError,
        match="1 file uploaded already, 2 being received: 3 may be here",
    ):
        begin(uploads, 9)
    begin(uploads, 9, BEN)
    uploads.close()


def test_a_disk_that_fills_stops_bytes_and_keeps_those_that_came(
    uploads: Uploads,
) -> None:
    upload = begin(uploads, 6)
    send(uploads, upload, b"abc")
    roomy, uploads.space.quotas = uploads.space.quotas, Quotas(spare_bytes=1 << 60)
    with pytest.raises(NoSpaceError, match="What has come is kept"):
        send(uploads, upload, b"def", 3)
    with pytest.raises(TooLargeError, match="; 0 B may still"):
        begin(uploads, 1)
    uploads.space.quotas = roomy
    send(uploads, upload, b"def", 3)
    assert uploads.content(ANN, upload).read_bytes() == b"abcdef"


# --- in time -------------------------------------------------------------------------


def test_an_upload_goes_a_day_after_its_last_byte(
    uploads: Uploads, clock: Clock, root: Path
) -> None:
    upload = begin(uploads, 6)
    clock.now += DAY - 1
    send(uploads, upload, b"abc")
    clock.now += DAY - 1
    assert uploads.sweep() == 0
    assert uploads.get(ANN, upload).offset == 3
    clock.now += 1
    with pytest.raises(NotServedError, match="left for too long"):
        uploads.get(ANN, upload)
    assert uploads.owned_by(ANN) == ()
    assert uploads.sweep() == 1
    assert upload not in names_below(root)


def test_an_upload_that_is_being_received_does_not_go(
    uploads: Uploads, clock: Clock
) -> None:
    upload = begin(uploads, 6)
    receiving = uploads.receive(ANN, upload, 0)
    clock.now += 2 * DAY
    assert uploads.sweep() == 0
    receiving.write(b"abcdef")
    receiving.end()
    assert uploads.get(ANN, upload).whole


def test_the_next_server_goes_on_where_the_last_one_closed(
    root: Path, clock: Clock
) -> None:
    first = Uploads(root, now=clock)
    upload = first.create(ANN, FileToSend(name="a.tif", size=6, folder="run 1")).id
    send(first, upload, b"abc")
    (first.folder(ANN, upload) / "planes.npy").write_bytes(b"made of it")
    (first.shared_folder() / "page-1").mkdir()
    first.close()
    second = Uploads(root, now=clock)
    second.start()
    (file,) = second.owned_by(ANN)
    assert (file.id, file.offset, file.file.folder) == (upload, 3, "run 1")
    assert not {"planes.npy", "page-1"} & names_below(root)
    send(second, upload, b"def", 3)
    assert second.content(ANN, upload).read_bytes() == b"abcdef"
    second.close()


def test_two_servers_of_one_workspace_leave_each_other_alone(
    root: Path, clock: Clock
) -> None:
    first, second = Uploads(root, now=clock), Uploads(root, now=clock)
    mine, yours = begin(first, 6), begin(second, 6)
    send(first, mine, b"abc")
    first.sweep()
    second.sweep()
    with pytest.raises(NotServedError):
        second.get(ANN, mine)
    send(first, mine, b"def", 3)
    first.close()
    second.sweep()
    assert second.content(ANN, mine).read_bytes() == b"abcdef"
    assert second.get(ANN, yours).offset == 0
    second.close()


def test_a_server_without_uploads_makes_no_folder(root: Path, clock: Clock) -> None:
    uploads = Uploads(root, now=clock)
    uploads.start()
    assert list(root.iterdir()) == []
    upload = begin(uploads, 1)
    uploads.remove(ANN, [upload])
    uploads.close()
    assert list(root.iterdir()) == []


DYING = """
import os, signal, sys
from pathlib import Path
from dashboard.uploads.uploads import Uploads
from dashboard.uploads.values import FileToSend

uploads = Uploads(Path(sys.argv[1]))
acknowledged = int(sys.argv[2])
upload = uploads.create("user:Ann", FileToSend(name="a.tif", size=1 << 30)).id
receiving = uploads.receive("user:Ann", upload, 0)
receiving.write(bytes(i % 251 for i in range(acknowledged)))
receiving.end()
(uploads.shared_folder() / "staged.npy").write_bytes(b"x")
receiving = uploads.receive("user:Ann", upload, acknowledged)
for _ in range(int(sys.argv[3])):
    receiving.write(b"z" * (1 << 20))
print(upload, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("mebibytes", [1, 40])
def test_a_killed_server_loses_no_acknowledged_byte_and_leaves_nothing_else(
    root: Path, mebibytes: int
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", DYING, str(root), "1000", str(mebibytes)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    upload = done.stdout.strip()
    (half,) = root.glob(f"*/{upload}/content")
    written = half.read_bytes()
    uploads = Uploads(root)
    uploads.start()
    offset = uploads.get(ANN, upload).offset
    assert offset >= 1000
    assert len(written) - offset < MARK_BYTES + 1
    content = uploads.folder(ANN, upload) / "content"
    assert content.read_bytes() == written[:offset]
    assert written[:1000] == bytes(i % 251 for i in range(1000))
    assert "staged.npy" not in names_below(root)
    uploads.close()


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda folder: (folder / "content").unlink(), id="no bytes"),
        pytest.param(
            lambda folder: os.truncate(folder / "content", 2), id="fewer bytes"
        ),
        pytest.param(lambda folder: (folder / "upload.json").unlink(), id="no facts"),
        pytest.param(
            lambda folder: (folder / "upload.json").write_text("{"), id="half facts"
        ),
        pytest.param(
            lambda folder: (folder / "upload.json").write_text(
                json.dumps({"owner": ANN, "file": {"nonsense": 1}})
            ),
            id="other facts",
        ),
    ],
)
def test_what_cannot_be_resumed_is_swept_and_never_guessed(
    root: Path, clock: Clock, harm: object
) -> None:
    first = Uploads(root, now=clock)
    upload, whole = begin(first, 6), begin(first, 3)
    send(first, upload, b"abc")
    send(first, whole, b"abc")
    folder = first.folder(ANN, upload)
    first.close()
    harm(folder)
    second = Uploads(root, now=clock)
    second.start()
    assert [file.id for file in second.owned_by(ANN)] == [whole]
    assert upload not in names_below(root)
    second.close()
