"""Acts that wait are written together, as far as they do not concern each other."""

from __future__ import annotations

import dataclasses
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from dashboard.errors import RefusedError
from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.verdicts import Verdicts
from dashboard.reviews.writing import Entry, WriteQueue
from tests.integration.serving import wait_for

if TYPE_CHECKING:
    from collections.abc import Sequence


def act(well: str) -> ReviewAct:
    return ReviewAct(
        kind="verdict",
        batch=new_batch(),
        who="Ada",
        known="typed",
        verdict="fail",
        basis="thumbnails",
        subject=Subject(well),
    )


def entry(*wells: str) -> Entry:
    return Entry(
        lambda _: [act(well) for well in wells], frozenset(map(Subject, wells))
    )


class Book:
    """Writes entries; the first time it waits until it may go on."""

    def __init__(self) -> None:
        self.queue = WriteQueue()
        self.groups: list[list[Entry]] = []
        self.writing, self.may = threading.Event(), threading.Event()

    def write(self, entries: Sequence[Entry]) -> None:
        self.groups.append(list(entries))
        self.writing.set()
        assert self.may.wait(60)
        for waiting in entries:
            waiting.acts(Verdicts())

    def wait_for(self, waiting: int) -> None:
        """Wait until so many entries wait."""
        wait_for(lambda: len(self.queue._waiting) == waiting, "for entries")

    def put_all(self, entries: Sequence[Entry]) -> list[BaseException | None]:
        """Put entries that come while the first of them is being written."""
        with ThreadPoolExecutor(len(entries)) as pool:
            ends = [pool.submit(self.queue.put, entries[0], self.write)]
            assert self.writing.wait(60)
            for later in entries[1:]:
                ends.append(pool.submit(self.queue.put, later, self.write))
                self.wait_for(len(ends) - 1)
            self.may.set()
            return [end.exception(60) for end in ends]


def test_what_waits_is_written_in_one_group_in_the_order_of_its_coming() -> None:
    book = Book()
    entries = [entry(f"A/{column}") for column in range(6)]
    assert book.put_all(entries) == [None] * 6
    assert book.groups == [entries[:1], entries[1:]]


def test_what_is_about_the_same_or_about_everything_is_written_after_it() -> None:
    book = Book()
    everything = Entry(lambda _: [], None)
    entries = [
        *(entry("A/1"), entry("A/1"), entry("A/2", "A/3"), entry("A/4")),
        *(entry("A/5", "A/2"), everything, entry("A/6")),
    ]
    assert book.put_all(entries) == [None] * 7
    wanted = [entries[:1], entries[1:4], entries[4:5], entries[5:6], entries[6:]]
    assert book.groups == wanted


def test_who_is_refused_is_refused_alone() -> None:
    book = Book()

    def refuse(_: Verdicts) -> list[ReviewAct]:
        raise RefusedError("signed off")

    refused = Entry(refuse, frozenset({Subject("B/1")}))
    nameless = Entry(
        lambda _: [dataclasses.replace(act("B/2"), who=" ")],
        frozenset({Subject("B/2")}),
    )
    first, *ends = book.put_all([entry("A/1"), refused, nameless, entry("A/2")])
    assert first is None
    assert [type(end).__name__ for end in ends] == [
        "RefusedError",
        "DashboardError",
        "NoneType",
    ]


def test_what_one_has_brought_keeps_no_other_from_the_ledger() -> None:
    book = Book()
    written: list[Entry] = []
    bad = entry("B/1")

    def write(entries: Sequence[Entry]) -> None:
        book.write(entries)
        if bad in entries:
            raise ValueError("the database takes no such text")
        written.extend(entries)

    entries = [entry("A/1"), entry("A/2"), bad, entry("A/3")]
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(book.queue.put, entries[0], write)
        assert book.writing.wait(60)
        others = [pool.submit(book.queue.put, later, write) for later in entries[1:]]
        book.wait_for(3)
        book.may.set()
        assert [end.exception(60) is None for end in (first, *others)] == [
            *(True, True, False, True)
        ]
    assert sorted(map(id, written)) == sorted(map(id, (entries[0], *entries[1::2])))
    with pytest.raises(ValueError, match="takes no such text"):
        others[1].result()
