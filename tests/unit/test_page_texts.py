"""The list of all texts that people see: complete, and what the sources say now."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def texts() -> Any:
    """Return the script as a module."""
    path = _ROOT / "scripts" / "texts.py"
    spec = importlib.util.spec_from_file_location("texts", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_the_list_of_texts_is_what_the_sources_say(texts: Any) -> None:
    stale = texts.TEXTS.read_text(encoding="utf-8") != texts.listed()
    assert not stale, "run `python scripts/texts.py` and read what has changed"


def test_texts_of_scripts_are_read_through_templates_and_past_comments(
    texts: Any,
) -> None:
    source = r"""
    // "not this one"
    const pattern = text.replace(/["'`]/g, "")
    h("p", { class: "soft small" }, `Open ${many ? `all ${n} wells` : "one well"} now`)
    """
    assert [text for text in texts.of_script(source) if texts.is_seen(text)] == [
        "Open {…} now",
        "all {…} wells",
        "one well",
    ]


def test_texts_of_modules_leave_out_documentation_and_log_lines(texts: Any) -> None:
    source = '''
"""What it does."""
def f(name):
    """Do this."""
    _LOG.warning("A line of the log")
    raise HCSError(f"The well {name} has {'no field' if name else 'fields'}.")
'''
    assert [text for text in texts.of_python(source) if texts.is_seen(text)] == [
        "The well {…} has {…}.",
        "no field",
    ]


WORDS = (
    *("settling", "rests on", "rest on", "speaks of", "by chance", "looked over"),
    *("leaves the file", "this is meant", "make assay metric", "moved to the first"),
    *("brought again", "took back", "is told"),
)
"""Words that nobody knows from Harmony, MetaXpress, CellProfiler or OMERO."""


@pytest.mark.parametrize("word", WORDS)
def test_no_text_has_words_of_our_own(texts: Any, word: str) -> None:
    # As listed, which is what the sources say: reading all of these takes seconds.
    listed = texts.TEXTS.read_text(encoding="utf-8").splitlines()
    lines = [line for line in listed if line.startswith("  ")]
    assert lines
    page = [line for line in lines if word in line.lower()]
    assert page == []
