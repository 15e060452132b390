"""Files with a JSON document a line come back as they were, whatever people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dashboard.errors import DashboardError
from dashboard.exports.json_lines import (
    json_line,
    read_document,
    read_lines,
    write_whole,
)

if TYPE_CHECKING:
    from pathlib import Path

SEPARATORS = "\u2028\u2029\x85\x0b\x0c\x1c\r\n"
"""All that `str.splitlines` takes for the end of a line."""

notes = st.lists(
    st.text(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0")
        | st.sampled_from(SEPARATORS)
    )
)


@settings(max_examples=25)
@given(notes=notes)
def test_a_note_with_any_separator_of_lines_comes_back(
    tmp_path_factory, notes: list[str]
) -> None:
    file: Path = tmp_path_factory.mktemp("lines") / "decisions.jsonl"
    write_whole(file, "".join(json_line({"note": note}) for note in notes))
    lines = read_lines(file)
    read = [read_document(file, number, line) for number, line in enumerate(lines)]
    assert read == [{"note": note} for note in notes]


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b'"a\\ud800"', "surrogates not allowed"),
        (b'"\\udcff"', "surrogates not allowed"),
        (b'"a\\u0000b"', "a character that is zero"),
        (rb'"\\\u0000"', "a character that is zero"),
        (b"NaN", "not JSON compliant"),
        (b"-Infinity", "not JSON compliant"),
        (b"1e999", "not JSON compliant"),
        (b"18446744073709551616", "more than 64 bits"),
        (b"1" * 5000, "digits"),
        (b"[" * 100_000, "recursion"),
    ],
    ids=range(1, 11),
)
def test_a_line_with_what_no_database_keeps_is_refused(
    tmp_path: Path, value: bytes, reason: str
) -> None:
    with pytest.raises(DashboardError, match=f"Line 3 of .*{reason}.*Nothing was"):
        read_document(tmp_path / "f", 3, b'{"a": {"b": [' + value + b"]}}")


def test_a_backslash_before_what_looks_like_a_zero_is_text(tmp_path: Path) -> None:
    line = json_line({"note": "C:\\u0000", "n": -(1 << 63)}).encode()
    read = read_document(tmp_path / "f", 1, line)
    assert read == {"note": "C:\\u0000", "n": -(1 << 63)}
