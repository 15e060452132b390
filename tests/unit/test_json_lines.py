"""Files with a JSON document a line come back as they were, whatever people wrote."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given, settings
from hypothesis import strategies as st

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
    st.text(st.characters(exclude_categories=["Cs"]) | st.sampled_from(SEPARATORS))
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
