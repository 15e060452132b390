from __future__ import annotations

import errno
import fcntl
import multiprocessing
import threading
import time
from pathlib import Path

import pytest

from hcs.errors import ConflictError, StoreError
from hcs.writing.targets import lock
from hcs.writing.targets.lock import locked, try_hold


def _count_up(path: Path, number: int) -> None:
    for _ in range(number):
        with locked(path):
            counter = path.parent / "counter"
            value = int(counter.read_text())
            time.sleep(0.001)
            counter.write_text(str(value + 1))


def _refuse(descriptor: int) -> bool:
    """Be a file system that takes no lock on what is open for reading, as NFS."""
    raise OSError(errno.EBADF, "Bad file descriptor")


@pytest.mark.parametrize("by_file", [False, True], ids=["flock", "lock file"])
def test_threads_exclude_each_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, by_file: bool
) -> None:
    if by_file:
        monkeypatch.setattr(lock, "_flock", _refuse)
    place = tmp_path / "plate"
    place.mkdir()
    (tmp_path / "counter").write_text("0")
    threads = [threading.Thread(target=_count_up, args=(place, 20)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (tmp_path / "counter").read_text() == "80"


def test_processes_exclude_each_other(tmp_path: Path) -> None:
    place = tmp_path / "plate"
    place.mkdir()
    (tmp_path / "counter").write_text("0")
    context = multiprocessing.get_context("forkserver")
    processes = [context.Process(target=_count_up, args=(place, 20)) for _ in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert (tmp_path / "counter").read_text() == "60"


def test_locking_changes_no_byte_of_what_is_locked(plate_path: Path) -> None:
    def state() -> dict[str, tuple[bytes | None, int]]:
        return {
            str(path): (
                path.read_bytes() if path.is_file() else None,
                path.stat().st_mtime_ns,
            )
            for path in [plate_path, *plate_path.rglob("*")]
        }

    before = state()
    with locked(plate_path):
        assert state() == before
    assert state() == before
    assert [path.name for path in plate_path.parent.iterdir()] == [plate_path.name]


def test_a_lock_that_is_never_free_is_a_conflict(tmp_path: Path) -> None:
    hold = try_hold(tmp_path)
    assert hold is not None
    with pytest.raises(ConflictError, match=r"locked by another writer for 0\.05 s"):
        locked(tmp_path, 0.05).__enter__()
    hold.release()
    hold.release()
    with locked(tmp_path, 0.05):
        pass


def test_a_folder_that_was_replaced_while_waiting_is_locked_anew(
    tmp_path: Path,
) -> None:
    place = tmp_path / "plate"
    place.mkdir()
    hold = try_hold(place)
    assert hold is not None
    entered = threading.Event()

    def wait() -> None:
        with locked(place, 30):
            entered.set()

    thread = threading.Thread(target=wait)
    thread.start()
    place.rename(tmp_path / "old")
    place.mkdir()
    # The new folder is free, whoever still holds the old one.
    assert entered.wait(30)
    thread.join()
    hold.release()


def test_what_is_gone_cannot_be_locked(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="is gone"):
        try_hold(tmp_path / "nothing")


def test_a_file_beside_is_locked_where_the_file_system_takes_no_lock(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As NFS does, which wants a descriptor opened for writing."""
    monkeypatch.setattr(lock, "_flock", _refuse)
    place = tmp_path / "plate"
    place.mkdir()
    hold = try_hold(place)
    assert hold is not None
    assert [path.name for path in place.iterdir()] == []
    assert [path.name for path in tmp_path.glob(".*")] == [".plate.hcs-lock"]
    hold.release()


def _take(path: Path, answer: multiprocessing.Queue[bool]) -> None:
    lock._flock = _refuse
    answer.put(try_hold(path) is not None)


def test_a_second_thread_neither_gets_a_lock_file_nor_breaks_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A process loses its lock with any descriptor of the file that it closes."""
    monkeypatch.setattr(lock, "_flock", _refuse)
    place = tmp_path / "plate"
    place.mkdir()
    hold = try_hold(place)
    assert hold is not None
    holds: list[object] = []
    thread = threading.Thread(target=lambda: holds.append(try_hold(place)))
    thread.start()
    thread.join()
    assert holds == [None]

    context = multiprocessing.get_context("forkserver")
    answers = context.Queue()

    def elsewhere() -> bool:
        process = context.Process(target=_take, args=(place, answers))
        process.start()
        process.join(60)
        return bool(answers.get(timeout=60))

    assert not elsewhere()
    hold.release()
    assert elsewhere()
    again = try_hold(place)
    assert again is not None
    again.release()


def test_a_file_system_without_any_locks_is_named_at_once_and_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(lock, "_flock", _refuse)
    monkeypatch.setattr(fcntl, "lockf", without_locks)
    place = tmp_path / "plate"
    place.mkdir()
    for _ in range(2):  # nothing stays held of the first
        with pytest.raises(StoreError, match=r"No locks available.* copy elsewhere"):
            try_hold(place)


def test_a_lock_that_is_collected_while_locks_are_counted_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lock, "_flock", _refuse)
    place = tmp_path / "plate"
    place.mkdir()
    hold = try_hold(place)

    def collected() -> None:
        nonlocal hold
        with lock._guard:
            hold = None

    thread = threading.Thread(target=collected, daemon=True)
    thread.start()
    thread.join(60)
    assert not thread.is_alive()
    again = try_hold(place)
    assert again is not None
    again.release()
