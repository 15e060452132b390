"""Guessing passwords is slowed down by name and by address, in bounded memory."""

from __future__ import annotations

from dashboard.accounts import guesses
from dashboard.accounts.guesses import ADDRESS, NAME, Guesses


class Clock:
    """Seconds that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def fail(counter: Guesses, times: int, name: str = "ann", address: str = "a") -> None:
    for _ in range(times):
        counter.begin(name, address)


def test_the_wait_doubles_with_each_failure_and_ends_at_a_minute() -> None:
    clock = Clock()
    counter = Guesses(clock)
    fail(counter, NAME.free)
    assert counter.wait("ann", "a") == 0
    waits = []
    for _ in range(9):
        fail(counter, 1)
        waits.append(counter.wait("ann", "a"))
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60, 60]
    clock.seconds += 60
    assert counter.wait("ann", "a") == 0


def test_another_spelling_of_the_name_waits_as_well_and_another_name_does_not() -> None:
    counter = Guesses(Clock())
    fail(counter, NAME.free + 3)
    assert counter.wait(" ANN ", "elsewhere") == 4
    assert counter.wait("bob", "elsewhere") == 0


def test_an_address_that_tries_many_names_waits_for_all_of_them() -> None:
    counter = Guesses(Clock())
    for number in range(ADDRESS.free + 2):
        counter.begin(f"name {number}", "a")
    assert counter.wait("never tried", "a") == 2
    assert counter.wait("never tried", "b") == 0


def test_a_known_password_does_not_pay_for_guesses_at_other_peoples() -> None:
    counter = Guesses(Clock())
    for number in range(ADDRESS.free + 4):
        counter.begin(f"name {number}", "a")
        counter.begin("attacker", "a")
        counter.succeeded("attacker", "a")
    assert counter.wait("attacker", "a") > 0


def test_success_ends_the_wait_of_a_name() -> None:
    clock = Clock()
    counter = Guesses(clock)
    fail(counter, NAME.free + 3)
    clock.seconds += 4
    counter.begin("ann", "a")
    counter.succeeded("ann", "a")
    assert counter.wait("ann", "a") == 0


def test_an_hour_without_a_failure_forgives() -> None:
    clock = Clock()
    counter = Guesses(clock)
    fail(counter, NAME.free + 5)
    clock.seconds += 3601
    fail(counter, NAME.free)
    assert counter.wait("ann", "a") == 0


def test_any_number_of_names_takes_bounded_memory(monkeypatch) -> None:
    monkeypatch.setattr(guesses, "_REMEMBERED", 50)
    counter = Guesses(Clock())
    for number in range(500):
        counter.begin(f"name {number}" * 1000, f"address {number}")
    assert all(len(kind.items()) == 50 for kind in counter._failures.values())
    assert all(
        len(key) <= 200
        for kind in counter._failures.values()
        for key, _ in kind.items()
    )
