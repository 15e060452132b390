"""The table of cases in ``docs/cases.md`` and the tests that bear their numbers."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CASES = 70


def listed() -> dict[int, str]:
    """Return what must come of each case, by its number."""
    text = (ROOT / "docs" / "cases.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| (\d[\d, ]*) \| .+ \| (.+) \|$", text, re.MULTILINE)
    return {
        int(number): outcome
        for numbers, outcome in rows
        for number in numbers.split(", ")
    }


def tried() -> set[int]:
    """Return the numbers that tests bear in their names."""
    return {
        int(number)
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"def test_case((?:_\d\d)+)_", path.read_text("utf-8"))
        for number in name.strip("_").split("_")
    }


def test_every_case_is_in_the_table() -> None:
    assert sorted(listed()) == list(range(1, CASES + 1))


def test_every_case_is_tried_or_says_why_not() -> None:
    excused = {number for number, text in listed().items() if "not tried:" in text}
    assert tried() | excused == set(listed())
    assert not tried() & excused
