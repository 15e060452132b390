"""Documents as bytes: what is refused before it is understood."""

from __future__ import annotations

import json
import math
import sys
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.errors import MetadataError
from hcs.ngff import document
from tests import strategies


@given(st.dictionaries(strategies.texts, strategies.anything))
def test_any_object_survives(value: dict[str, Any]) -> None:
    data = document.to_bytes(value)
    assert document.parse_json(data, "here") == value


@pytest.mark.parametrize(
    "entries",
    [
        [{"path": "A/1"}, {"path": "A/2"}],
        [{"a": "}, {"}, {"a": "b"}],
        [{"a": "{"}, {"a": "}, {"}],
        [{"a": "["}, {"a": "]"}],
        [{"a": {"b": 1}}, {"a": {}}],
        [{"a": [1, {"b": 2}]}, 3, []],
        [{}, {}],
        [{"a": 1}],
        [[{"a": 1}, {"a": 2}], ()],
        [{1: "a", None: "b"}],
    ],
    ids=str,
)
def test_lists_of_objects_survive_whatever_texts_are_in_them(entries: Any) -> None:
    text = document.to_bytes({"entries": entries}).decode()
    assert json.loads(text) == json.loads(json.dumps({"entries": entries}))


def test_each_well_has_a_line() -> None:
    wells = [{"path": f"A/{n}", "rowIndex": 0, "columnIndex": n} for n in range(9)]
    text = document.to_bytes({"plate": {"wells": wells, "name": "p"}}).decode()
    assert text.count("\n") == 15
    assert '\n      {"path": "A/8", "rowIndex": 0, "columnIndex": 8}\n' in text


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"  \n", id="blank"),
        pytest.param(b'{"plate": {"rows": [', id="cut off"),
        pytest.param(b'{"a": 1} x', id="more after it"),
        pytest.param(b'\xef\xbb\xbf{"a": 1}', id="byte-order mark"),
        pytest.param(b'{"a": "\xe9"}', id="Latin-1"),
        pytest.param('{"a": 1}'.encode("utf-16"), id="UTF-16"),
        pytest.param(b'{"a": NaN}', id="NaN"),
        pytest.param(b'{"a": -Infinity}', id="Infinity"),
        pytest.param(b'{"a": "\\ud800"}', id="half a character"),
        pytest.param(b"<html></html>", id="a page of a server"),
        pytest.param(b'{"a": ' + b"9" * 5000 + b"}", id="5000 digits"),
    ],
)
def test_case_02_what_is_no_json_is_refused_with_its_place(data: bytes) -> None:
    with pytest.raises(MetadataError, match=r"A/1/zarr\.json"):
        document.parse_json(data, "A/1/zarr.json")


@pytest.mark.parametrize("data", [b"[]", b"1", b'"x"', b"null"])
def test_what_is_no_object_is_refused(data: bytes) -> None:
    with pytest.raises(MetadataError, match="expected an object"):
        document.parse_json(data, "here")


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"[" * 20000 + b"]" * 20000, id="lists"),
        pytest.param(b'{"a":' * 20000 + b"1" + b"}" * 20000, id="objects"),
        pytest.param(b"[" * 20000, id="never closed"),
        pytest.param(b'{"a":[' * 200 + b"]}" * 200, id="both"),
        pytest.param(b'["]]]",' + b'{"a":' * 200 + b"1" + b"}" * 200, id="and strings"),
    ],
)
def test_case_03_nesting_without_end_is_refused_before_parsing(data: bytes) -> None:
    with pytest.raises(MetadataError, match="deeper than 100"):
        document.parse_json(data, "here")


def test_nesting_is_bounded_whatever_the_recursion_limit() -> None:
    """A raised limit would let the parser run over the end of the stack."""
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10**6)
    try:
        with pytest.raises(MetadataError, match="deeper"):
            document.parse_json(b"[" * 10**6 + b"]" * 10**6, "here")
    finally:
        sys.setrecursionlimit(limit)


@pytest.mark.parametrize(
    "text", ["[" * 300, "]" * 300, "}{" * 300, '\\"[' * 300, '"' * 3, "\\" * 99]
)
def test_brackets_in_strings_do_not_count(text: str) -> None:
    value = {"note": text, text: [1], "rest": [{"a": []}] * 300}
    assert document.parse_json(json.dumps(value).encode(), "here") == value


def test_nesting_of_real_documents_is_read() -> None:
    value: Any = 1
    for _ in range(40):
        value = {"a": [value, {}]}
    data = json.dumps({"a": value, "b": [{}] * 5000}).encode()
    assert document.parse_json(data, "here")["a"] == value


def test_case_04_too_many_bytes_are_refused() -> None:
    data = b'{"a": "' + b"x" * document.DOCUMENT_LIMIT + b'"}'
    with pytest.raises(MetadataError, match="at most 16777216"):
        document.parse_json(data, "here")


@pytest.mark.parametrize("value", [math.nan, math.inf, object(), {1, 2}])
def test_case_05_what_json_cannot_hold_is_never_written(value: object) -> None:
    with pytest.raises(MetadataError, match="cannot be written"):
        document.to_bytes({"a": value})


def test_attributes_that_are_no_object_are_refused() -> None:
    with pytest.raises(MetadataError, match="attributes of type list"):
        document.document_attributes({"attributes": []}, "A/zarr.json")


def test_canonical_bytes_do_not_depend_on_order_or_spacing() -> None:
    first = json.loads('{"b": 1, "a": [1, 2]}')
    second = json.loads('{ "a":[1,2],\n"b":1 }')
    assert document.canonical(first) == document.canonical(second)
