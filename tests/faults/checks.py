"""What must hold after any crash, looked at with zarr-python and with this library."""

from __future__ import annotations

import contextlib
import json
import os
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import zarr

import hcs
from hcs.ngff.history import read_records
from hcs.writing.versions.recovery import recover
from hcs.writing.versions.unsettled import move_of

Values = dict[str, int]
"""The one value of each listed field, by ``"<well>/<field name>"``."""


def values(path: Path) -> Values:
    """Return the value of every listed field, each proven whole at every level."""
    by_field: Values = {}
    group = _open(path)
    with hcs.from_hcs_zarr(path) as plate:
        for listed in plate.wells:
            if listed.path not in group:
                continue  # listed, and not written yet
            document = dict(group[listed.path].attrs)
            if "well" not in document.get("ome", document):
                continue  # 0.4: its group was made, and not yet its attributes
            images = document.get("ome", document)["well"]["images"]
            well = plate.get_well(*listed.path.split("/"))
            assert well is not None
            for entry, field in zip(images, well.fields, strict=True):
                assert field.path == entry["path"]
                name = f"{listed.path}/{field.name}"
                by_field[name] = _value_of(
                    group[f"{listed.path}/{entry['path']}"], name
                )
                ours = np.unique(np.asarray(field.image().images[0].data))
                assert ours.tolist() == [by_field[name]]
    return by_field


def _open(path: Path) -> Any:
    if path.suffix == ".ozx":
        return zarr.open_group(zarr.storage.ZipStore(path, mode="r"), mode="r")
    return zarr.open_group(path, mode="r")


def _value_of(group: Any, name: str) -> int:
    document = dict(group.attrs)
    datasets = document.get("ome", document)["multiscales"][0]["datasets"]
    seen = {
        int(value)
        for dataset in datasets
        for value in np.unique(group[dataset["path"]])
    }
    assert len(seen) == 1, f"{name} holds pixels of several versions: {sorted(seen)}"
    assert len(datasets) == 2
    return seen.pop()


def history_is_whole(path: Path) -> None:
    """Check that every version that the history keeps is there and is that version."""
    group = _open(path)
    for (well, field), events in hcs.history(path).items():
        purged = {event.id for event in events if event.action == "purge"}
        for event in events:
            if event.id in purged:
                continue
            image = group[f"{well}/{event.path}"]
            assert dict(image.attrs)["hcs"]["version"] == event.id
            _value_of(image, f"{well}/{field} {event.path}")


def every_version_is_listed(path: Path, *, moving: bool) -> None:
    """Check that the pixels of every version are whole in a place that is named.

    Parameters
    ----------
    moving
        Whether that may be where an announced move brings them.
    """
    group = _open(path)
    with hcs.from_hcs_zarr(path) as plate:
        wells = [listed.path for listed in plate.wells if listed.path in group]
    for well in wells:
        attributes = dict(group[well].attrs)
        for record in read_records(attributes.get("hcs", {})).values():
            move = (move_of(record) or {}) if moving else {}
            places = [str(move[key]) for key in ("from", "to", "new", "aside") if move]
            for version in record.versions_with_pixels():
                assert any(
                    _holds(group, f"{well}/{place}", version.id)
                    for place in (version.path, *places)
                ), f"{well}/{record.name}: version {version.id} is not {version.path}"


def _holds(group: Any, path: str, version: str) -> bool:
    try:
        image = group[path]
    except KeyError:
        return False
    content = dict(image.attrs).get("hcs", {})
    if content.get("version") != version or "state" in content:
        return False
    _value_of(image, path)
    return True


def recovers(path: Path) -> list[str]:
    """Check that recovery brings the plate to rest and twice does what once does."""
    first = [event.action for event in recover(path)]
    before = snapshot(path.parent)
    second = recover(path)
    assert {event.action for event in second} <= {"kept"}, second
    assert snapshot(path.parent) == before
    if path.is_dir() and "kept" not in first:
        is_at_rest(path)
    return first


def is_at_rest(path: Path) -> None:
    """Check that nothing lies in the plate but what zarr-python knows."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        groups = [zarr.open_group(path, mode="r")]
        while groups:
            for _, member in groups.pop().members():
                if isinstance(member, zarr.Group):
                    groups.append(member)
    left = list(path.rglob("*.hcs-*"))
    assert left == []


def snapshot(path: Path) -> dict[str, bytes | None]:
    """Return every file below a folder, by its path."""
    return {
        file.relative_to(path).as_posix(): file.read_bytes() if file.is_file() else None
        for file in sorted(path.rglob("*"))
        if file.name != "log.txt"
    }


def reported(done: tuple[str, ...]) -> Values:
    """Return the fields that a process was told are written."""
    pairs = [line.split("=") for line in done if "=" in line]
    return {name: int(value) for name, value in pairs}


def labels_are_whole(path: Path) -> None:
    """Check that every label image and table that a field lists can be read."""
    group = _open(path)
    with hcs.from_hcs_zarr(path) as plate:
        for listed in plate.wells:
            if listed.path not in group:
                continue
            for field in plate.open_well(listed).fields:
                image = field.image()
                for name in image.labels:
                    (value,) = np.unique(image.label(name).images[0].data)
                    assert value in (1, 2)
                for name in image.companions.tables:
                    table = group[f"{listed.path}/{field.path}/tables/{name}"]
                    assert table["X"][0, 0] == 2.5


def drop_empty_folders(path: Path) -> None:
    """Make a folder that stands for a bucket what a bucket is: nothing but objects."""
    for folder, _, _ in sorted(os.walk(path), reverse=True):
        with contextlib.suppress(OSError):  # it holds something
            Path(folder).rmdir()


def documents_parse(path: Path) -> None:
    """Check that no document is torn."""
    for name in ("zarr.json", ".zattrs", ".zgroup", ".zarray"):
        for document in path.rglob(name):
            json.loads(document.read_bytes())
