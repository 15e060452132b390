"""A plugin of pytest: the names of ngff-zarr lead to ours.

Load it with ``-p tests.integration.peer_names`` before a test that imports ngff-zarr is
collected. What we have no counterpart for can be imported, so that the other tests of a
file run, and raises `Absent` where it is used.
"""

from __future__ import annotations

import json
import sys
import zipfile
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest

import hcs
from hcs.rules.plate import plate_problems
from hcs.rules.well import well_problems

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


class Absent(Exception):
    """A name of ngff-zarr without a counterpart here was used."""


def absent(name: str) -> Callable[..., Any]:
    """Return a function that says that we have no such thing."""

    def use(*_: object, **__: object) -> Any:
        raise Absent(name)

    return use


def archive_version(path: Path) -> Any:
    """Return the version that the comment of an archive states."""
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.comment)["ome"]["version"]


def check_document(document: dict[str, Any], *, version: str, model: str) -> None:
    """Raise where our rules find an error in the attributes of a plate or a well."""
    rules = {"plate": plate_problems, "well": well_problems}
    problems = [
        problem
        for problem in rules[model](document, version)
        if problem.severity == "error"
    ]
    if problems:
        raise hcs.MetadataError(str(problems), problems=problems)


def open_image(store: Any, validate: bool = False) -> hcs.Multiscales:
    """Open an image, with `validate` checked first."""
    if validate:
        problems = [p for p in hcs.validate(store) if p.severity == "error"]
        assert problems == []
    return hcs.from_ome_zarr(store)


def _module(name: str, **names: Any) -> ModuleType:
    module = ModuleType(name)
    vars(module).update(names)
    sys.modules[name] = module
    return module


@pytest.hookimpl(tryfirst=True)
def pytest_load_initial_conftests() -> None:
    """Put our names in place of theirs, for the process that this is a plugin of.

    Not as this module is imported: whoever looks for doctests in it does that, too.
    """
    ours = {name: getattr(hcs, name) for name in hcs.__all__}
    reading = {"from_ngff_zarr": open_image, "from_ome_zarr": open_image}
    package = _module("ngff_zarr", **ours | reading)
    package.__path__ = []  # a package, so that its modules can be imported
    _module("ngff_zarr.hcs", **ours)
    _module("ngff_zarr.v04").__path__ = []
    _module("ngff_zarr.v04.zarr_metadata", **ours)
    _module("ngff_zarr.config", config=hcs.config)
    _module("ngff_zarr.from_ngff_zarr", **reading)
    _module("ngff_zarr.rfc9_zip", read_ozx_version=archive_version)
    _module("ngff_zarr.validate", validate=check_document)
    _module("ngff_zarr.parse_metadata", _parse_hcs_path=absent("_parse_hcs_path"))
