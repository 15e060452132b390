"""Docstrings of public names: what a caller has to know stands there."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable
from functools import cache, cached_property
from importlib import import_module
from typing import Any

import pytest
from numpydoc.validate import validate

import hcs
from tests.conftest import ROOT

_PACKAGES = (
    "hcs",
    *sorted(f"hcs.{path.parent.name}" for path in ROOT.glob("hcs/*/__init__.py")),
    "dashboard",
    "dashboard.components",
    "dashboard.plots",
)
_CHECKS = {
    "GL05": "tabs",
    "GL06": "a section of no known name",
    "GL07": "sections out of order",
    "GL08": "no docstring",
    "GL10": "a directive without its colons",
    "SS01": "no summary",
    "SS03": "a summary that does not end",
    "SS06": "a summary of several lines",
    "PR01": "a parameter that is not told of",
    "PR02": "a parameter that is not there",
    "PR07": "a parameter that is named alone",
}
_ARRAY = re.compile(r"NDArray|ndarray|ArrayLike")
_SHAPE = re.compile(
    r"\bshapes?\b|\(y, x\)|t c z y x|\baxes\b|\baxis\b|\ba well\b|one-dimensional"
)
_API_TEXT = {
    "LRUCache": (),
    "HCSPlate": ("get_well", "get_well_by_indices"),
    "HCSWell": ("from_store", "get_image", "get_image_by_acquisition"),
    "HCSPlateWriter": ("write_well_image",),
    "from_hcs_zarr": (),
    "to_hcs_zarr": (),
    "write_hcs_well_image": (),
}


@cache
def _functions() -> dict[str, Callable[..., Any]]:
    """Return the public functions, by where they are defined."""
    functions: dict[str, Callable[..., Any]] = {}
    for package in _PACKAGES:
        module = import_module(package)
        for name in getattr(module, "__all__", ()):
            value = inspect.unwrap(getattr(module, name))
            if inspect.isfunction(value):
                functions[f"{value.__module__}.{value.__qualname__}"] = value
    return functions


@cache
def _classes() -> dict[str, type]:
    """Return the public classes and those of ours that they inherit from."""
    return {
        f"{kind.__module__}.{kind.__qualname__}": kind
        for package in _PACKAGES
        for name in getattr(import_module(package), "__all__", ())
        if isinstance(value := getattr(import_module(package), name), type)
        for kind in value.__mro__
        if kind.__module__.partition(".")[0] in ("hcs", "dashboard")
    }


@cache
def _methods() -> dict[str, Callable[..., Any]]:
    """Return the public methods and what properties call, by where they are defined."""
    return {
        f"{place}.{name}": function
        for place, kind in _classes().items()
        for name, member in vars(kind).items()
        if name[0] != "_" and (function := _function_of(member)) is not None
    }


def _function_of(member: Any) -> Callable[..., Any] | None:
    if isinstance(member, property):
        return member.fget
    if isinstance(member, cached_property):
        return member.func
    return inspect.unwrap(member) if inspect.isroutine(member) else None


def _problems(places: Iterable[str], kinds: tuple[str, ...]) -> list[str]:
    return [
        f"{place}: {_CHECKS[code]} ({message})"
        for place in places
        for code, message in validate(place)["errors"]
        if code in _CHECKS and code.startswith(kinds)
    ]


def test_public_functions_say_what_they_take_and_yield() -> None:
    assert _problems(_functions(), ("GL", "SS", "PR")) == []


def test_public_methods_and_properties_say_what_they_take_and_yield() -> None:
    assert "hcs.images.reductions.Reductions.sum" in _methods(), "none are inherited"
    assert _problems(_methods(), ("GL", "SS", "PR")) == []


def test_public_classes_have_a_summary() -> None:
    assert _problems(_classes(), ("GL", "SS")) == []


def test_public_functions_and_methods_of_arrays_say_what_shape_they_have() -> None:
    silent = [
        name
        for name, function in (_functions() | _methods()).items()
        if any(_ARRAY.search(str(kind)) for kind in function.__annotations__.values())
        and not _SHAPE.search(str(function.__doc__))
    ]
    assert silent == []


@pytest.mark.parametrize("name", _API_TEXT)
def test_each_name_of_the_api_text_has_an_example(name: str) -> None:
    value = getattr(hcs, name)
    for entry in (value, *(getattr(value, method) for method in _API_TEXT[name])):
        assert ">>> " in str(inspect.getdoc(entry)), entry
