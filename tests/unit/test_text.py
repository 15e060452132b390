"""What comes from elsewhere is shown as text, never run."""

from __future__ import annotations

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from dashboard.corrections.readiness import checked_words
from dashboard.text import plain_text, safe_text
from dashboard.views.island import text_of
from hcs.metadata import Who


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: object) -> None:
        self.tags.append(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


@given(st.text(st.characters(min_codepoint=32, max_codepoint=0x2FF), max_size=200))
def test_no_text_becomes_a_tag_and_none_is_lost(text: str) -> None:
    parser = _Tags()
    parser.feed(safe_text(text))
    parser.close()
    assert parser.tags == []
    assert parser.text == plain_text(text)


def test_quotes_cannot_leave_an_attribute() -> None:
    assert '"' not in safe_text('x" onload="alert(1)')
    assert "'" not in safe_text("x' onload='alert(1)")


def test_none_is_nothing() -> None:
    assert safe_text(None) == ""


def test_direction_overrides_and_control_characters_are_dropped() -> None:
    assert plain_text("B02\u202egpj.exe\x00\x1b[31m") == "B02gpj.exe[31m"


def test_long_text_ends_with_an_ellipsis() -> None:
    text = plain_text("x" * 5000, 100)
    assert len(text) == 100
    assert text.endswith("…")


@given(st.text(st.characters(codec=None)))
def test_what_a_page_sends_can_be_written_as_utf_8(text: str) -> None:
    assert (
        text_of({"reason": text}, "reason") == text.encode("utf-8", "ignore").decode()
    )


def test_words_of_a_commit_are_recorded_without_halves_of_characters() -> None:
    who, reason = checked_words(Who("Ad\ud800a", "typed"), "out of \udc80focus")
    assert (who, reason) == (Who("Ada", "typed"), "out of focus")
