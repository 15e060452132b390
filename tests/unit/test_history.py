from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hcs.metadata import FieldVersion, WellImage
from hcs.ngff.history import FieldRecord, now, read_records, record_of, write_records

TEXTS = st.none() | st.text(max_size=5)
VERSIONS = st.builds(
    FieldVersion,
    id=st.text("0123456789abcdef", min_size=1, max_size=4),
    path=st.text("0123r", min_size=1, max_size=3),
    action=st.sampled_from(["write", "correct", "revert", "purge"]),
    who=TEXTS,
    known=TEXTS,
    when=TEXTS,
    why=TEXTS,
    digest=TEXTS,
    size=st.none() | st.integers(0, 2**40),
    source=TEXTS,
    supersedes=TEXTS,
)
RECORDS = st.builds(
    FieldRecord,
    name=st.text("0123a", min_size=1, max_size=3),
    path=st.text("0123", min_size=1, max_size=3),
    live=st.text("abc", min_size=1, max_size=3),
    versions=st.lists(VERSIONS, max_size=4).map(tuple),
    acquisition=st.none() | st.integers(0, 9),
    label=TEXTS,
    settling=st.none() | st.just({"aliases": [{"path": "0r2"}]}),
    unknown=st.just({}) | st.just({"later": 1}),
)


@given(st.lists(RECORDS, max_size=3, unique_by=lambda record: record.name))
def test_records_come_back_from_a_document(records: list[FieldRecord]) -> None:
    content = json.loads(json.dumps(write_records({"other": 1}, records)))
    assert content["other"] == 1
    assert read_records(content) == {record.name: record for record in records}


def test_other_fields_of_a_document_stay() -> None:
    first, second = (FieldRecord(name=name, path=name, live="x") for name in "ab")
    content = write_records(write_records({}, [first]), [second])
    assert set(read_records(content)) == {"a", "b"}


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=3),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["fields", "0", "live", "path", "versions", "id"]),
                inner,
            )
        ),
        max_leaves=12,
    )
)
def test_what_another_tool_bent_is_left_out(bent: Any) -> None:
    records = read_records(bent if isinstance(bent, dict) else {"fields": bent})
    assert all(isinstance(record.live, str) for record in records.values())


def _event(identifier: str, action: str = "correct", path: str = "0") -> FieldVersion:
    return FieldVersion(id=identifier, path=path, action=action)


def test_versions_are_kept_until_they_are_purged() -> None:
    record = FieldRecord(
        name="0",
        path="0",
        live="c",
        versions=(
            _event("a", "write"),
            _event("b"),
            _event("c"),
            _event("a", "revert"),
            _event("b", "purge"),
        ),
    )
    assert [version.id for version in record.versions_with_pixels()] == ["a", "c"]


def test_moving_a_version_changes_all_of_its_events() -> None:
    record = FieldRecord(
        name="0",
        path="0",
        live="a",
        versions=(_event("a", "write"), _event("b"), _event("a", "revert")),
    )
    assert [version.path for version in record.moved("a", "0r1").versions] == [
        "0r1",
        "0",
        "0r1",
    ]


@pytest.mark.parametrize(
    ("path", "acquisition", "expected"),
    [("0", None, "0"), ("0r2", None, "0"), ("1", None, None), ("7", 3, "a3f1")],
)
def test_a_listed_image_is_found_by_any_of_its_paths(
    path: str, acquisition: int | None, expected: str | None
) -> None:
    records = {
        "0": FieldRecord(
            name="0", path="0", live="b", versions=(_event("b", path="0r2"),)
        ),
        "a3f1": FieldRecord(name="a3f1", path="7", live="c", acquisition=3),
    }
    record = record_of(records, WellImage(path, acquisition))
    assert (None if record is None else record.name) == expected


def test_the_time_is_utc_to_the_millisecond() -> None:
    import re

    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", now())
