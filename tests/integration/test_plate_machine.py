"""A plate against a plain Python model, through any order of acts."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

import hcs
from hcs.writing.versions.recovery import recover
from tests import plates
from tests.faults import checks

ME = hcs.Who("machine", "typed")
WELLS = ("A/1", "A/2", "B/1")


@dataclass
class Model:
    """What a field is known to be."""

    live: str
    values: dict[str, int] = field(default_factory=dict)
    """Of each version that is kept, by its id."""

    first: str = ""
    gone: set[str] = field(default_factory=set)


def _image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full((1, 20, 30), value, "u2"), dims=("c", "y", "x"))


class PlateMachine(RuleBasedStateMachine):
    """Writes, corrects, reverts, settles, purges, converts, packs and reopens."""

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp())
        self.path = self.root / "0.zarr"
        self.fields: dict[tuple[str, str], Model] = {}
        self.count = self.value = 0

    def teardown(self) -> None:
        shutil.rmtree(self.root)

    def _next(self, suffix: str = ".zarr") -> Path:
        self.count += 1
        return self.root / f"{self.count}{suffix}"

    def _fresh_value(self) -> int:
        self.value += 1
        return self.value

    def _pick(self, data: st.DataObject) -> tuple[tuple[str, str], Model]:
        place = data.draw(st.sampled_from(sorted(self.fields)), label="field")
        return place, self.fields[place]

    @initialize(version=st.sampled_from(["0.4", "0.5", "0.6"]))
    def create(self, version: str) -> None:
        empty = hcs.HCSPlate(metadata=plates.document(2, 2, wells=[(0, 0)]))
        hcs.to_hcs_zarr(empty, self.path, version=version)

    @rule(well=st.sampled_from(WELLS), index=st.integers(0, 2))
    def write_new(self, well: str, index: int) -> None:
        if (well, str(index)) in self.fields:
            with pytest.raises(hcs.ConflictError):
                hcs.stage_field(self.path, well, index, _image(1), base=None)
            return
        value = self._fresh_value()
        staged = hcs.stage_field(self.path, well, index, _image(value), base=None)
        event = staged.commit(who=ME, reason="new")
        self.fields[well, str(index)] = Model(event.id, {event.id: value}, event.id)

    @rule(data=st.data(), commit=st.booleans())
    @precondition(lambda self: self.fields)
    def correct(self, data: st.DataObject, commit: bool) -> None:
        (well, name), model = self._pick(data)
        value = self._fresh_value()
        staged = hcs.stage_field(self.path, well, name, _image(value), base=model.live)
        if not commit:
            staged.discard()
            return
        event = staged.commit(who=ME, reason="better")
        assert event.supersedes == model.live
        model.live = event.id
        model.values[event.id] = value

    @rule(data=st.data())
    @precondition(lambda self: self.fields)
    def revert(self, data: st.DataObject) -> None:
        (well, name), model = self._pick(data)
        version = data.draw(st.sampled_from(sorted(set(model.values) | model.gone)))
        act: Any = lambda: hcs.revert(  # noqa: E731
            self.path, well, name, version, who=ME, reason="why"
        )
        if version == model.live:
            with pytest.raises(hcs.ConflictError):
                act()
        elif version in model.gone:
            with pytest.raises(hcs.NotFoundError):
                act()
        else:
            act()
            model.live = version

    @rule(now=st.booleans())
    def settle(self, now: bool) -> None:
        left = hcs.settle(self.path, now=now, grace=1e-6)
        if now:
            assert left == ()

    @rule(originals=st.booleans())
    def purge(self, originals: bool) -> None:
        gone = hcs.purge(self.path, originals=originals, yes=True, who=ME)
        for version in gone:
            model = self.fields[version.well, str(version.field)]
            assert version.version not in (None, model.live)
            assert originals or version.version != model.first
            del model.values[str(version.version)]
            model.gone.add(str(version.version))
        for model in self.fields.values():
            remaining = {model.live} | (
                set() if originals else {model.first} - model.gone
            )
            assert set(model.values) == remaining

    @rule(version=st.sampled_from(["0.4", "0.5", "0.6"]))
    def convert(self, version: str) -> None:
        new = self._next()
        with hcs.from_hcs_zarr(self.path) as plate:
            hcs.to_hcs_zarr(plate, new, version=version)
        self.path = new

    @rule()
    def pack_and_unpack(self) -> None:
        with hcs.from_hcs_zarr(self.path) as plate:
            if plate.version == "0.4":
                return
        archive, new = self._next(".ozx"), self._next()
        hcs.pack(self.path, archive)
        assert _values(archive) == self._expected()
        hcs.unpack(archive, new)
        self.path = new

    @rule()
    def recover_after_nothing(self) -> None:
        assert recover(self.path) == ()

    def _expected(self) -> dict[tuple[str, str], tuple[str, int]]:
        return {
            place: (model.live, model.values[model.live])
            for place, model in self.fields.items()
        }

    @invariant()
    def shows_what_the_model_knows(self) -> None:
        if self.path.exists():
            assert _values(self.path) == self._expected()

    @invariant()
    def keeps_every_version_that_was_not_purged(self) -> None:
        if not self.path.exists():
            return
        histories = hcs.history(self.path)
        for place, model in self.fields.items():
            events = histories[place]
            purged = {event.id for event in events if event.action == "purge"}
            assert {event.id for event in events} - purged == set(model.values)
            assert purged == model.gone
        checks.is_at_rest(self.path)


def _values(path: Path) -> dict[tuple[str, str], tuple[str, int]]:
    values = {}
    with hcs.from_hcs_zarr(path) as plate:
        for listed in plate.wells:
            try:
                well = plate.well(listed.path)
            except hcs.NotFoundError:
                continue  # listed, and without a field yet
            for imaged in well.fields:
                (value,) = np.unique(np.asarray(imaged.image().images[0].data))
                values[imaged.well, imaged.name] = (imaged.version, int(value))
    return values


_QUICK = settings(
    max_examples=12,
    stateful_step_count=12,
    deadline=None,
    suppress_health_check=list(HealthCheck),
)


def test_a_plate_does_what_its_model_does() -> None:
    run_state_machine_as_test(PlateMachine, settings=_QUICK)


@pytest.mark.full
def test_a_plate_does_what_its_model_does_for_long() -> None:
    run_state_machine_as_test(
        PlateMachine,
        settings=settings(_QUICK, max_examples=150, stateful_step_count=30),
    )
