"""A task that does not come back costs its item, and no other."""

from __future__ import annotations

import multiprocessing
import signal

import pytest

from hcs.qc.run import workers
from hcs.qc.run.workers import in_workers


def measured(number: int) -> str:
    """Return a number as text; 2 takes for ever."""
    if number == 2:
        signal.pause()
    return str(number)


def died(item: tuple[int], reason: str) -> str:
    return f"{item[0]}: {reason}"


@pytest.mark.full
def test_a_measurement_that_never_ends_is_given_up_and_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(workers, "_STUCK_SECONDS", 10.0)
    items = [(number,) for number in range(4)]
    results = sorted(in_workers(measured, items, died, workers=1))
    assert results == ["0", "1", "2: it took longer than 0 minutes", "3"]


def test_measuring_that_is_stopped_waits_for_no_task_that_never_ends() -> None:
    stopped = False
    results = in_workers(
        measured, [(0,), (2,), (3,)], died, workers=1, cancelled=lambda: stopped
    )
    assert next(results) == "0"
    stopped = True
    assert not list(results)


def test_who_wants_no_more_results_waits_for_no_task_that_never_ends() -> None:
    results = in_workers(measured, [(0,), (2,), (3,)], died, workers=1)
    assert next(results) == "0"
    results.close()  # type: ignore[attr-defined]
    assert not multiprocessing.active_children()
