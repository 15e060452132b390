"""Limits and layers that the documents tell are those that the code has."""

from __future__ import annotations

import re
import tomllib

import pytest

from dashboard.adding import trial_child, trials
from dashboard.corrections import decoding
from dashboard.ending import MOST_SECONDS
from dashboard.storage import reserve
from dashboard.threads import Pool
from dashboard.uploads.values import Quotas
from dashboard.web.admission import IDLE_SECONDS, Capacity
from hcs.tables.table import MAX_BYTES, MAX_COLUMNS
from tests.conftest import ROOT

_WORDS = {2: "two", 10: "ten"}
_LIMITS = "deploying.md"


def text_of(name: str) -> str:
    return (ROOT / "docs" / name).read_text("utf-8")


def row_of(page: str, head: str) -> str:
    """Return the cells of a table's row behind its head."""
    (row,) = re.findall(rf"^\| {re.escape(head)} \| (.*) \|$", text_of(page), re.M)
    return str(row)


@pytest.mark.parametrize("pool", Pool, ids=lambda pool: pool.label)
def test_the_drawing_of_threads_shows_each_pool_with_its_threads(pool: Pool) -> None:
    assert f" {pool.label} ({pool.threads})" in text_of("architecture.md")


_NAMED_THREAD = re.compile(
    r"ThreadPoolExecutor\([^)\"]*\"([a-z-]+)\"|Thread\([^\"]*?name=f?\"([a-z-]+)"
)


def test_the_drawing_of_threads_shows_each_that_has_a_name() -> None:
    names = {
        pooled or single
        for package in ("dashboard", "hcs")
        for path in (ROOT / package).rglob("*.py")
        for pooled, single in _NAMED_THREAD.findall(path.read_text("utf-8"))
    }
    assert {"committing", "watcher", "look-"} <= names, "pools, threads, many of a kind"
    drawing = text_of("architecture.md").split("## Threads and processes")[1]
    drawing = drawing.split("\n## ")[0]
    assert {name for name in names if not re.search(rf"\b{name}", drawing)} == set()


def test_threads_are_documented_as_many_as_there_are() -> None:
    counts = [int(number) for number in re.findall(r"\d+", row_of(_LIMITS, "threads"))]
    assert sorted(counts) == sorted(pool.threads for pool in Pool)


def test_the_crowd_that_is_let_in_is_documented() -> None:
    capacity = Capacity()
    pages = f"{capacity.pages}; {capacity.person_pages} of one person"
    assert row_of(_LIMITS, "pages at once").startswith(pages)
    assert row_of(_LIMITS, "connections").startswith(
        f"{capacity.connections}; silent ones are let go after {IDLE_SECONDS:.0f} s"
    )


def test_the_size_of_what_is_read_is_documented() -> None:
    tables = f"{MAX_BYTES >> 20} MB, {MAX_COLUMNS:,} columns"
    row = row_of(_LIMITS, "a table, a plate map, a folder that is listed")
    assert row.startswith(tables)
    minutes, memory = decoding.SECONDS // 60, decoding.MEMORY_BYTES >> 30
    assert row_of(_LIMITS, "a file that is decoded").startswith(
        f"{_WORDS[minutes]} minutes, {memory} GB of memory"
    )
    minutes, memory = int(trials.SECONDS // 60), trial_child.MEMORY_BYTES >> 30
    assert row_of(_LIMITS, "a dry run of an import").startswith(
        f"{minutes} minutes, {memory} GB of memory, {_WORDS[trials.AT_ONCE]} at a time"
    )


def test_how_much_may_be_uploaded_is_documented() -> None:
    quotas = Quotas()
    assert row_of("uploading.md", "a file") == f"{quotas.file_bytes >> 30} GB"
    for head, nbytes, count in (
        ("the files of a page", quotas.page_bytes, f"{quotas.page_files} files"),
        ("a person's", quotas.person_bytes, f"{quotas.person_files} files"),
        ("everybody's", quotas.total_bytes, f"{quotas.total_files:,} files"),
    ):
        assert row_of("uploading.md", head) == f"{nbytes >> 30} GB, {count}"


def test_what_stays_free_on_the_disk_is_documented_alike() -> None:
    said = f"{reserve.MOST_BYTES >> 20} MB or {100 * reserve.SHARE:.0f} %"
    for page in ("deploying.md", "uploading.md"):
        assert said in text_of(page)


def test_the_time_of_an_end_is_documented() -> None:
    said = f"ends the server within {_WORDS[int(MOST_SECONDS)]} seconds"
    assert said in text_of(_LIMITS)


@pytest.mark.parametrize("room", ["dashboard", "hcs", "hcs.ingest"])
def test_layers_are_documented_in_the_order_that_imports_are_held_to(room: str) -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    (layers,) = (
        contract["layers"]
        for contract in settings["tool"]["importlinter"]["contracts"]
        if contract.get("containers") == [room]
    )
    lines = re.search(
        rf"^{re.escape(room)} +(\w.*\n(?: {{6,}}>.*\n)*)",
        text_of("architecture.md"),
        re.M,
    )
    assert lines is not None
    documented = [
        [name.strip() for name in layer.split("|")] for layer in lines[1].split(">")
    ]
    assert documented == [
        [name.strip() for name in layer.split("|")] for layer in layers
    ]
