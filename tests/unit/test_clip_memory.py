"""Clip levels are those of all fields, of which only those that changed are read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.quality.measure_settings import AssaySettings
from dashboard.quality.tops import TopMemory, clip_levels
from hcs.qc import Clip

if TYPE_CHECKING:
    from dashboard.quality.metrics import StoredValue

CHANNELS = (0, 1)

Fields = dict[tuple[str, str], dict[str, "StoredValue"]]


def saturated(level: float) -> dict[str, StoredValue]:
    """Return what is stored of a field whose first channel piles up at a level."""
    return {
        "top_highest.0": level, "top_pile.0": level, "top_percent.0": 2.0,
        "top_highest.1": 900.0, "top_pile.1": "", "top_percent.1": 0.1,
    }  # fmt: skip


def plate(level: float) -> Fields:
    return {("A/1", str(number)): saturated(level) for number in range(12)}


def anew(
    fields: Fields, channels: tuple[int, ...], basis: AssaySettings
) -> dict[int, Clip]:
    return clip_levels(list(fields.values()), channels, basis)


def test_levels_follow_fields_that_are_measured_again_come_and_go() -> None:
    basis = AssaySettings()
    memory = TopMemory()
    fields = plate(3000.0)
    assert memory.clip_levels(fields, CHANNELS, basis)[0].level == 3000.0
    changes: list[Fields] = [
        {**fields, ("A/1", "0"): saturated(65535.0)},
        {**fields, ("A/2", "0"): saturated(65535.0)},
        dict(list(fields.items())[:1]),
        {place: {} for place in fields},
        {},
    ]
    for changed in changes:
        levels = memory.clip_levels(changed, CHANNELS, basis)
        assert levels == anew(changed, CHANNELS, basis)
        assert levels[0].level != 3000.0


def test_a_field_that_is_the_same_is_not_read_again() -> None:
    class Read(dict[str, "StoredValue"]):
        times = 0

        def get(self, *args: object) -> StoredValue:
            Read.times += 1
            return super().get(*args)  # type: ignore[call-overload, no-any-return]

    memory = TopMemory()
    fields: Fields = {place: Read(stored) for place, stored in plate(3000.0).items()}
    memory.clip_levels(fields, CHANNELS, AssaySettings())
    first = Read.times
    changed = {**fields, ("A/1", "0"): Read(saturated(3000.0))}
    memory.clip_levels(changed, CHANNELS, AssaySettings())
    assert Read.times - first == first / len(fields)


def test_levels_are_those_of_the_channels_and_the_basis_that_are_asked_for() -> None:
    memory, fields = TopMemory(), plate(3000.0)
    memory.clip_levels(fields, (0,), AssaySettings())
    own = AssaySettings(clips={0: Clip(4095.0, "set for this project")})
    for channels in ((0, 1), (1,)):
        levels = memory.clip_levels(fields, channels, own)
        assert levels == anew(fields, channels, own)
