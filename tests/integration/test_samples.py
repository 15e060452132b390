"""Fields of other wells that a page shows: of which plate, and whether any is."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests import plates
from tests.integration.serving import service, surveyed
from tests.integration.visits import Visit

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from dashboard.service import Service

FIRST, SECOND = "first.ome.zarr", "second.ome.zarr"


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Service]:
    folder = tmp_path / "plates"
    for name in (FIRST, SECOND):
        plates.make(folder / name, fields=1, shape=(8, 8))
    with service(tmp_path / "workspace", folder, measure=False) as running:
        for name in (FIRST, SECOND):
            surveyed(running, name)
        yield running


def versions(made: Service, key: str) -> set[str]:
    """Return the versions of all fields of a plate."""
    wells = [made.plates.well(key, well.label) for well in surveyed(made, key).wells]
    return {field.version for well in wells for field in well.fields}


@pytest.mark.parametrize(
    ("part", "asking"),
    [
        ("montage", {"type": "montage", "kind": "random"}),
        ("beside", {"type": "kind", "kind": "random"}),
    ],
)
def test_no_field_of_a_plate_is_shown_as_one_of_the_next(
    part: str, asking: dict[str, Any], made: Service
) -> None:
    visit = Visit(made, f"plate={FIRST}")
    visit.act(part, **asking)
    assert visit.content(part)["items"]
    addresses: list[str] = []

    component = visit.parts[part].component
    put_text = component.put_text

    def note(text: str, name: str = "content") -> None:
        put_text(text, name)
        addresses.extend(item["thumb"] for item in json.loads(text).get("items", []))

    component.put_text = note  # type: ignore[method-assign]
    visit.act("header", type="plate", plate=SECOND)
    visit.act(part, **asking)
    of_second = versions(made, SECOND)
    shown = [address for address in addresses if f"/{SECOND}/" in address]
    assert shown
    assert [a for a in shown if not any(version in a for version in of_second)] == []
    visit.close()


def test_wells_that_were_seen_in_a_montage_are_shown_before_they_are_passed(
    made: Service,
) -> None:
    visit = Visit(made, f"plate={FIRST}")
    digests = {
        well.label: made.plates.well(FIRST, well.label).digest
        for well in surveyed(made, FIRST).wells
    }
    some = dict(list(digests.items())[:4])
    visit.session.looks.note(FIRST, some, "montage")
    drawn = []
    for seed in (1, 2):
        visit.act("verdict", type="sample", seed=seed)
        sample = visit.content("verdict")["sample"]
        assert sample["seed"] == seed
        drawn.append({item["well"] for item in sample["items"]})
        visit.session.looks.note(FIRST, digests, "montage")
    # What nobody has seen comes first; later there is still something to look at.
    assert drawn == [digests.keys() - some.keys(), digests.keys()]
    visit.close()
