"""Rules of the arrays of an image: what the documents of its levels say together."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs.axes import dims_of
from hcs.errors import InvalidPathError
from hcs.metadata import Axis
from hcs.ngff.names import check_array_path
from hcs.rules.document import member
from hcs.rules.problem import Findings, is_integer, show

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hcs.rules.problem import Problem

_SECTION = "multiscale-md"
_INTEGERS = frozenset(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
)
_KINDS = {"b": "bool", "i": "int", "u": "uint", "f": "float", "c": "complex"}


@dataclass(frozen=True, slots=True)
class Level:
    """What the document of an array says about it."""

    path: str
    """Below the image group."""

    shape: tuple[int, ...]
    dtype: str
    """Name of the data type as Zarr v3 writes it, for example ``"uint16"``."""

    dimension_names: tuple[str | None, ...] | None = None
    """As found in Zarr v3; None where there are none."""


@dataclass(frozen=True, slots=True)
class Scheme:
    """What an image document says about its levels, as far as it can be read."""

    axes: tuple[str | None, ...]
    """Names of the axes in array order; None for one without a name."""

    dims: tuple[str, ...]
    """What each axis is, see `hcs.axes.dims_of`."""

    paths: tuple[str, ...]
    """Paths of the levels that may be looked at, largest first."""

    scales: tuple[int | None, ...]
    """Length of the scale of each level, None where there is none to count."""

    channels: int | None
    """Number of entries in the display settings, None without settings."""


def scheme_of(attributes: Any, version: str) -> Scheme | None:
    """Return what the attributes of an image say about its levels, None if nothing."""
    holder = attributes if version == "0.4" else member(attributes, "ome")
    multiscale = _first(member(holder, "multiscales"))
    datasets = member(multiscale, "datasets")
    if not isinstance(datasets, list):
        return None
    axes = member(multiscale, "axes")
    if version == "0.6":
        axes = member(_target(multiscale, datasets), "axes")
    sound = [dataset for dataset in datasets if is_below(member(dataset, "path"))]
    channels = member(member(holder, "omero"), "channels")
    axes = axes if isinstance(axes, list) else []
    return Scheme(
        axes=tuple(map(_name, axes)),
        dims=dims_of(tuple(map(_axis, axes))),
        paths=tuple(dataset["path"] for dataset in sound),
        scales=tuple(_scale_length(dataset) for dataset in sound),
        channels=len(channels) if isinstance(channels, list) else None,
    )


def is_below(path: Any) -> bool:
    """Tell whether a path can only mean something below its group."""
    try:
        return bool(check_array_path(path, ""))
    except InvalidPathError:
        return False


def _name(axis: Any) -> str | None:
    name = member(axis, "name")
    return name if isinstance(name, str) else None


def _axis(axis: Any) -> Axis:
    kind = member(axis, "type")
    return Axis(name=_name(axis) or "", type=kind if isinstance(kind, str) else None)


def _first(value: Any) -> Any:
    return value[0] if isinstance(value, list) and value else None


def _target(multiscale: Any, datasets: list[Any]) -> Any:
    """Return the coordinate system that the first level leads into (0.6)."""
    transformation = _first(member(_first(datasets), "coordinateTransformations"))
    name = member(member(transformation, "output"), "name")
    systems = member(multiscale, "coordinateSystems")
    for system in systems if isinstance(systems, list) else ():
        if member(system, "name") == name:
            return system
    return None


def _scale_length(dataset: Any) -> int | None:
    transformations = member(dataset, "coordinateTransformations")
    for transformation in transformations if isinstance(transformations, list) else ():
        scale = member(transformation, "scale")
        if isinstance(scale, list):
            return len(scale)
    return None


# -- the document of one array ---------------------------------------------------------


def array_problems(
    document: Any, version: str, path: str, where: str = ""
) -> tuple[Level | None, list[Problem]]:
    """Return what an array's document says, and what is wrong with it.

    Parameters
    ----------
    document
        The whole ``.zarray`` (0.4) or ``zarr.json``, of any JSON type.
    version
        NGFF version of the hierarchy.
    path
        Path of the array below its image group.
    where
        Location of the array, to say where.
    """
    findings = Findings(version, where)
    if not findings.object(document, "array-type", "", _SECTION):
        return None, findings.problems
    if version != "0.4" and document.get("node_type") != "array":
        text = f"Found a {show(document.get('node_type'))}; a level must be an array."
        findings.error("level-not-array", "node_type", text, _SECTION)
        return None, findings.problems
    shape, dtype = document.get("shape"), _dtype(document, version)
    if not isinstance(shape, list) or not all(is_integer(n) and n >= 0 for n in shape):
        text = f"Found {show(shape)}; must be a list of sizes >= 0."
        findings.error("array-shape", "shape", text, _SECTION)
        return None, findings.problems
    if dtype is None:
        key = "dtype" if version == "0.4" else "data_type"
        text = f"Found {show(document.get(key))}; must name a type of number."
        findings.error("array-dtype", key, text, _SECTION)
        return None, findings.problems
    if version == "0.4" and document.get("dimension_separator", ".") != "/":
        text = "Chunks should lie in nested directories (dimension_separator '/')."
        findings.warning("array-separator", "dimension_separator", text, "image-layout")
    names = document.get("dimension_names")
    if isinstance(names, list):
        names = tuple(name if isinstance(name, str) else None for name in names)
    else:
        names = None
    return Level(path, tuple(shape), dtype, names), findings.problems


def _dtype(document: dict[str, Any], version: str) -> str | None:
    """Return the name of the data type, None where it is no plain number."""
    if version != "0.4":
        dtype = document.get("data_type")
        return dtype if isinstance(dtype, str) else None
    dtype = document.get("dtype")
    if not isinstance(dtype, str) or len(dtype) < 3 or not dtype[2:].isdecimal():
        return None
    name = _KINDS.get(dtype[1])
    if name is None or len(dtype) > 5:
        return None
    return name if name == "bool" else f"{name}{8 * int(dtype[2:])}"


# -- the levels of one image -----------------------------------------------------------


def level_problems(
    scheme: Scheme, levels: Sequence[Level], version: str, where: str = ""
) -> list[Problem]:
    """Return how the arrays of an image contradict its document and one another.

    Parameters
    ----------
    scheme
        What the image document says.
    levels
        Those of its arrays that could be read, largest first.
    """
    findings = Findings(version, where)
    scales = dict(zip(scheme.paths, scheme.scales, strict=True))
    for level in levels:
        _check_dimensions(scheme, level, scales.get(level.path), findings)
    for larger, smaller in itertools.pairwise(levels):
        _check_pair(larger, smaller, findings)
    if levels:
        _check_channels(scheme, levels[0], findings)
    return findings.problems


def _check_dimensions(
    scheme: Scheme, level: Level, scale: int | None, findings: Findings
) -> None:
    axes, ndim = scheme.axes, len(level.shape)
    if axes and ndim != len(axes):
        text = (
            f"The array has {ndim} dimensions {level.shape}; the image has "
            f"{len(axes)} axes."
        )
        findings.error("level-dimensions", level.path, text, _SECTION)
    elif findings.version == "0.4" and scale is not None and scale != ndim:
        text = f"The scale has {scale} numbers; the array has {ndim} dimensions."
        findings.error("level-scale", level.path, text, _SECTION)
    elif findings.version == "0.5" and axes and level.dimension_names != axes:
        names = "none" if level.dimension_names is None else level.dimension_names
        text = f"Found dimension_names {names}; must be those of the axes, {axes}."
        findings.error("level-dimension-names", level.path, text, "axes-md")


def _check_pair(larger: Level, smaller: Level, findings: Findings) -> None:
    if math.prod(smaller.shape) > math.prod(larger.shape):
        text = (
            f"Its shape {smaller.shape} is larger than {larger.shape} of "
            f"{larger.path!r}; levels must be listed from large to small."
        )
        findings.error("level-order", smaller.path, text, _SECTION)
    if smaller.dtype != larger.dtype:
        text = f"Found {smaller.dtype}; {larger.path!r} has {larger.dtype}."
        findings.note("level-dtype", smaller.path, text)


def _check_channels(scheme: Scheme, level: Level, findings: Findings) -> None:
    if scheme.channels is None or len(scheme.axes) != len(level.shape):
        return
    expected = 1
    if "c" in scheme.dims:
        expected = level.shape[scheme.dims.index("c")]
    if scheme.channels != expected:
        text = (
            f"The display settings list {scheme.channels} channels; the array has "
            f"{expected}."
        )
        findings.note("omero-channel-count", "omero.channels", text)


def label_level_problems(
    levels: Sequence[Level],
    source: Scheme,
    scheme: Scheme,
    version: str,
    where: str = "",
) -> list[Problem]:
    """Return what is wrong with the arrays of a label image, seen from its image.

    Parameters
    ----------
    levels
        The arrays of the label image.
    source, scheme
        What the documents of the image and of the label image say.
    """
    findings = Findings(version, where)
    for level in levels:
        if level.dtype not in _INTEGERS:
            text = f"Found {level.dtype}; the pixels of a label must be integers."
            findings.error("label-dtype", level.path, text, "labels-md")
    if len(scheme.paths) != len(source.paths):
        text = (
            f"Found {len(scheme.paths)} levels; the image has {len(source.paths)}, and "
            f"both must have the same number."
        )
        findings.error("label-levels", "multiscales[0].datasets", text, "labels-md")
    return findings.problems
