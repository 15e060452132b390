"""Results that pages share are told apart by the values that they were made of."""

from __future__ import annotations

from dataclasses import dataclass, field

from dashboard.shared import Shared


@dataclass(frozen=True, eq=True)
class Plate:
    wells: dict[str, str] = field(default_factory=dict)


MADE: list[tuple[object, ...]] = []


def words(plate: Plate, word: str = "") -> list[str]:
    MADE.append((plate, word))
    return [*plate.wells, word]


def test_a_result_is_made_once_for_the_same_values() -> None:
    MADE.clear()
    shared, plate = Shared(), Plate({"A1": "pass"})
    first = shared.of(words, plate, "a")
    assert shared.of(words, plate, "a") is first
    assert len(MADE) == 1
    assert shared.of(words, plate, "b") == ["A1", "b"]


def test_equal_values_of_two_readers_are_not_taken_for_the_same() -> None:
    """What one may see must not reach the other by being equal for a moment."""
    shared, plate, other = Shared(), Plate({"A1": "pass"}), Plate({"A1": "pass"})
    assert shared.of(words, plate) is not shared.of(words, other)


def test_a_value_that_is_gone_lends_its_place_to_no_other() -> None:
    shared = Shared()
    for number in range(300):
        label = f"A{number}"
        assert shared.of(words, Plate({label: ""})) == [label, ""]


def test_numbers_and_texts_are_told_apart_by_kind() -> None:
    shared = Shared()
    assert shared.of(repr, 1) == "1"
    assert shared.of(repr, True) == "True"
    assert shared.of(repr, "1") == "'1'"
    assert shared.of(repr, None) == "None"
    assert shared.of(repr, (1, "a")) == "(1, 'a')"
    assert shared.of(repr, (True, "a")) == "(True, 'a')"


def test_equal_tuples_of_plain_values_are_the_same() -> None:
    shared = Shared()
    first = shared.of(list, (1.0, "a"))
    assert shared.of(list, (1.0, *"a")) is first
    assert shared.of(list, (1.0, "b")) == [1.0, "b"]
