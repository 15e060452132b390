"""What one writer has written: its fields, those that failed, how many are to come."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Set

    from hcs.metadata import FieldVersion, Plate
    from hcs.writing.versions.claim import FieldSlot

    Request = tuple[object, ...]
    """A field as it was asked for."""

T = TypeVar("T")
Item = TypeVar("Item")


class WrittenFields:
    """Counts the fields of a writer, whose threads come to it.

    Parameters
    ----------
    written
        Well path and name of the fields that are there already.
    """

    def __init__(self, written: Set[tuple[str, str]] = frozenset()) -> None:
        self._lock = threading.Lock()
        self._failures: dict[Request, str] = {}
        self._written = set(written)
        self.count = 0
        """Fields that were written, again or for the first time."""

        self.made: set[tuple[str, str]] = set()
        """Fields that were first written here: nobody looked their paths up before."""

        self.corrected: set[tuple[str, str]] = set()

    @property
    def written(self) -> frozenset[tuple[str, str]]:
        """Well path and name of the fields that the plate has."""
        with self._lock:
            return frozenset(self._written)

    @property
    def failures(self) -> tuple[str, ...]:
        """Why fields could not be written that nobody wrote since."""
        with self._lock:
            return tuple(self._failures.values())

    def failed(self, request: Request, reason: str) -> None:
        """Note that a field could not be written."""
        with self._lock:
            self._failures[request] = reason

    def done(self, request: Request, slot: FieldSlot, version: FieldVersion) -> int:
        """Note a field that was written; return how many the plate has."""
        field = slot.well, slot.name
        with self._lock:
            self._failures.pop(request, None)
            self.count += 1
            (self.corrected if version.action == "correct" else self.made).add(field)
            self._written.add(field)
            return len(self._written)


def expected_fields(plate: Plate | None) -> int | None:
    """Return how many fields a plate will have, None where it does not say."""
    if plate is None or plate.field_count is None:
        return None
    return plate.field_count * len(plate.wells)


def in_threads(
    function: Callable[[Item], T], items: Iterable[Item], max_workers: int | None
) -> list[T]:
    """Return what a function makes of each item; see `HCSPlateWriter.map`."""
    with ThreadPoolExecutor(max_workers, thread_name_prefix="hcs-write") as pool:
        futures = [pool.submit(function, item) for item in items]
        try:
            return [future.result() for future in futures]
        except BaseException:
            for future in futures:
                future.cancel()
            raise
