"""Who reads our plates and we theirs: each cell of the tables of `tests.witness`."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.witness import expectations, labels, ours
from tests.witness.environment import run
from tests.witness.readers import READERS
from tests.witness.theirs import WRITERS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Tables = dict[str, dict[str, dict[str, str]]]

pytestmark = [
    pytest.mark.timeout(900),  # the first time packages are installed
    pytest.mark.full,  # an environment of its own, which `make test-witness` makes, too
]


@pytest.fixture(scope="session")
def tables(once: Callable[[str, Callable[[Path], object]], Path]) -> Tables:
    def make(folder: Path) -> None:
        made = run("tests.witness", "--json", folder / "tables.json")
        assert (folder / "tables.json").exists(), made.stderr

    folder = once("witness-tables", make)
    return json.loads((folder / "tables.json").read_text())  # type: ignore[no-any-return]


@pytest.mark.parametrize("library", READERS)
@pytest.mark.parametrize("plate", ours.PLATES)
def test_a_plate_of_ours_is_read_as_expected(
    tables: Tables, plate: str, library: str
) -> None:
    start, reason = expectations.of_ours(plate, library)
    text = tables["ours"][plate][library]
    assert text == "ok" if start == "ok" else text.startswith(start), (text, reason)


@pytest.mark.parametrize("library", labels.READERS)
@pytest.mark.parametrize("plate", [name for name in ours.PLATES if "labels" in name])
def test_labels_in_a_plate_of_ours_are_read(
    tables: Tables, plate: str, library: str
) -> None:
    assert tables["labels"][plate][library] == "ok"


@pytest.mark.parametrize("act", ["read", "validate"])
@pytest.mark.parametrize(
    "plate",
    [f"{name}-{version}" for name, (_, of) in WRITERS.items() for version in of],
)
def test_a_plate_of_others_is_read_by_us(tables: Tables, plate: str, act: str) -> None:
    start, reason = expectations.of_theirs(plate, act)
    text = tables["theirs"][plate][act]
    assert text == "ok" if start == "ok" else text.startswith(start), (text, reason)
