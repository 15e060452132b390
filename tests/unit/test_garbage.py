"""Garbage is collected when nobody waits, and not for ever put off."""

from __future__ import annotations

import gc
import weakref
from typing import TYPE_CHECKING

import pytest

from dashboard import garbage
from dashboard.garbage import Garbage

if TYPE_CHECKING:
    from collections.abc import Iterator


class Page:
    """Something that holds itself."""

    def __init__(self) -> None:
        self.page = self


@pytest.fixture
def collecting() -> Iterator[Garbage]:
    collecting = Garbage()
    yield collecting
    collecting.end()


def old_page() -> weakref.ref[Page]:
    """Return a page that lived long before nobody but itself held it."""
    page = Page()
    for _ in range(12):
        gc.collect(1)
    return weakref.ref(page)


def act() -> None:
    """Make as many new objects as a page that is opened."""
    lists: list[list[object]] = []
    for _ in range(20_000):
        lists.append([lists])


def test_closed_pages_wait_until_nobody_acts(collecting: Garbage) -> None:
    page = old_page()
    act()
    for _ in range(3):
        collecting.look()
    assert page() is not None, "somebody acted just now"
    collecting.look()
    assert page() is None


def test_closed_pages_wait_while_the_machine_has_more_to_do_than_it_can(
    collecting: Garbage,
) -> None:
    page = old_page()
    for _ in range(6):
        collecting.look(late=0.2)
    assert page() is not None
    for _ in range(3):
        collecting.look()
    assert page() is None


def test_python_looks_through_all_objects_at_no_time_of_its_own(
    collecting: Garbage,
) -> None:
    page = old_page()
    for _ in range(30):
        act()
    assert page() is not None


def test_closed_pages_do_not_wait_for_ever(
    collecting: Garbage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(garbage, "LATEST_SECONDS", 0.0)
    page = old_page()
    act()
    collecting.look()
    assert page() is None


def test_afterwards_it_is_left_to_python_again() -> None:
    thresholds, frozen = gc.get_threshold(), gc.get_freeze_count()
    collecting = Garbage()
    assert gc.get_freeze_count() > frozen
    collecting.end()
    assert gc.get_threshold() == thresholds
    assert gc.get_freeze_count() == 0
