"""Any damage to any file of a plate gives values or our errors, never another one."""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import hcs
from hcs.errors import HCSError
from hcs.stores.store import CHUNK_LIMIT, PlateStore, check_key, resolve_range
from tests import plates, strategies

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator

Files = dict[str, bytes]


class Held(PlateStore):
    """A plate that is held in memory."""

    location = "memory"

    def __init__(self, files: Files) -> None:
        self.files = files

    def fetch(
        self,
        key: str,
        start: int = 0,
        length: int | None = None,
        *,
        limit: int = CHUNK_LIMIT,
    ) -> bytes | None:
        check_key(key, self.location)
        data = self.files.get(key)
        if data is None:
            return None
        start, length = resolve_range(start, length, len(data))
        return data[start : start + length]

    def stamp(self, key: str) -> Hashable | None:
        return self.files.get(key)

    def children(self, prefix: str = "") -> Iterator[str]:
        inside = f"{prefix}/" if prefix else ""
        names = {
            key.removeprefix(inside).partition("/")[0]
            for key in self.files
            if key.startswith(inside)
        }
        return iter(sorted(names))


def make(folder: pytest.TempPathFactory, version: str) -> Files:
    path = plates.make(
        folder.mktemp("whole") / "p", rows=1, columns=2, shape=(8, 8), version=version
    )
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in sorted(path.rglob("*"))
        if file.is_file()
    }


@pytest.fixture(scope="module", params=["0.4", "0.5", "0.6"])
def files(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Files:
    return make(tmp_path_factory, request.param)


def use(store: PlateStore) -> int:
    """Do everything that a reader does; return how many pixels were read."""
    with hcs.from_hcs_zarr(store) as plate:
        repr(plate)
        assert isinstance(plate.id, str)
        plate.conditions, plate.gaps, plate.refresh()
        read = 0
        for well in plate:
            try:
                read += use_well(well)
            except HCSError as error:
                str(error)
        errors: list[tuple[str, HCSError]] = []
        list(plate.fields(errors))
        return read


def use_well(well: hcs.HCSWell) -> int:
    repr(well)
    assert isinstance(well.label, str)
    read = 0
    for field in well.fields:
        assert isinstance(field.version, str)
        well.history(field.name)
        image = field.image()
        repr(image)
        image.channels, image.pixel_size, image.position, image.labels  # noqa: B018
        for level in image.images:
            read += np.asarray(level.data).size
    well.mosaic()
    return read


def test_the_whole_plate_is_read(files: Files) -> None:
    assert use(Held(files)) == 2 * 2 * 8 * 8


def damaged(data: st.DataObject, files: Files) -> Files:
    key = data.draw(st.sampled_from(sorted(files)))
    content = files[key]
    document = key.endswith((".json", ".zattrs", ".zarray", ".zgroup"))
    acts = ["remove", "cut", "flip", *(["mutate"] * 5 if document else [])]
    act = data.draw(st.sampled_from(acts))
    changed = dict(files)
    if act == "remove":
        del changed[key]
    elif act == "cut":
        changed[key] = content[: data.draw(st.integers(0, len(content)))]
    elif act == "flip":
        place = data.draw(st.integers(0, len(content) - 1))
        value = bytes([data.draw(st.integers(0, 255))])
        changed[key] = content[:place] + value + content[place + 1 :]
    else:
        mutated = data.draw(strategies.mutated(json.loads(content)))
        changed[key] = json.dumps(mutated).encode()
    return changed


def check(data: st.DataObject, files: Files) -> None:
    store = Held(damaged(data, files))
    with contextlib.suppress(HCSError):
        use(store)


@settings(max_examples=70)
@given(st.data())
def test_damage_gives_values_or_our_errors(files: Files, data: st.DataObject) -> None:
    check(data, files)


@pytest.mark.full
@settings(max_examples=1700)
@given(st.data())
def test_5000_damages_give_values_or_our_errors(
    files: Files, data: st.DataObject
) -> None:
    check(data, files)
