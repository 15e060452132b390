"""Image documents <-> `ImageMetadata`: axes, levels and transforms.

0.4 and 0.5 list the axes beside the levels; 0.6 lists coordinate systems, and each
level's transform leads into one of them. Scale and translation are what is understood.
"""

from __future__ import annotations

import marshal
import math
from dataclasses import replace
from operator import add, itemgetter, mul
from typing import TYPE_CHECKING, Any, TypeVar

from hcs.axes import dims_of, inverse, reading_order
from hcs.errors import MetadataError
from hcs.metadata import Axis, Dataset, ImageMetadata
from hcs.ngff.envelope import envelope, stated_version, with_block
from hcs.ngff.names import check_array_path
from hcs.ngff.omero import read_omero, write_omero
from hcs.wording import excerpt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

T = TypeVar("T")

_INTRINSIC = "intrinsic"
_NUMBERS = frozenset((int, float))

_INTERNED_LIMIT = 128
_interned: dict[tuple[object, object], Any] = {}
"""Parsed parts by their content: the fields of a plate share axes, display settings and
often levels, so that a cached image costs little. Entries are immutable values of what
they are keyed by, so it does not matter which thread put them there."""


def _shared(parse: Callable[[Any, str], T], raw: Any, where: str) -> T:
    key = (parse, marshal.dumps(raw, 2))
    if key in _interned:
        value: T = _interned[key]
        return value
    parsed = parse(raw, where)
    # A stage position is a field's own: nobody would share these levels.
    return parsed if b"translation" in key[1] else _intern(key, parsed)


def _intern(key: tuple[object, object], value: T) -> T:
    if len(_interned) >= _INTERNED_LIMIT:
        _interned.clear()
    interned: T = _interned.setdefault(key, value)
    return interned


# --- reading -------------------------------------------------------------------------


def read_image(attributes: Mapping[str, Any], where: str) -> ImageMetadata:
    """Return the first multiscale that the attributes of an image group describe.

    Raises
    ------
    MetadataError
        If there is none, or its axes, levels or transforms cannot be understood.
    InvalidPathError
        If the path of a level could lead out of the image.
    UnsupportedVersionError
        If it states a version that is not supported.
    """
    block = envelope(attributes)
    multiscales = block.get("multiscales")
    if not isinstance(multiscales, list) or not multiscales:
        raise MetadataError(
            f"{where} is not an image: expected a list 'multiscales' with one entry or "
            f"more, found {excerpt(multiscales)}."
        )
    first = multiscales[0]
    if not isinstance(first, dict):
        raise MetadataError(f"{where}: multiscales[0] is {excerpt(first)}.")
    entries = first.get("datasets")
    systems = first.get("coordinateSystems")
    common = first.get("coordinateTransformations")
    if isinstance(systems, list) and systems:
        axes_entry = _system_axes(systems, entries, where)
        common = None  # in 0.6 these lead on to other coordinate systems
    else:
        axes_entry = first.get("axes")
    axes = _shared(_read_axes, axes_entry, where)
    datasets = _shared(_read_levels, [entries, common, len(axes)], where)
    channels, omero = _shared(read_omero, block.get("omero"), where)
    name = first.get("name")
    order = reading_order(dims_of(axes))
    stored: tuple[int, ...] = ()
    if order != tuple(range(len(axes))):
        pick = itemgetter(*order)
        axes, stored = pick(axes), inverse(order)
        datasets = tuple(_reordered(dataset, pick) for dataset in datasets)
    return ImageMetadata(
        axes=axes,
        datasets=datasets,
        stored=stored,
        channels=channels,
        name=name if isinstance(name, str) else None,
        version=stated_version(attributes, where),
        omero=omero,
    )


def _reordered(dataset: Dataset, pick: Callable[[Any], Any]) -> Dataset:
    """Return an entry with its numbers in another order of the axes."""
    translation = dataset.translation
    return replace(
        dataset,
        scale=pick(dataset.scale),
        translation=None if translation is None else pick(translation),
    )


def _read_levels(raw: list[Any], where: str) -> tuple[Dataset, ...]:
    entries, common, count = raw
    if not isinstance(entries, list) or not entries:
        raise MetadataError(
            f"{where}: 'datasets' is {excerpt(entries)}; expected a list with one "
            f"entry or more."
        )
    datasets: list[Dataset] = []
    for level, entry in enumerate(entries):
        first = datasets[0].translation if datasets else None
        place = f"{where}: datasets[{level}]"
        datasets.append(_read_dataset(entry, common, count, place, first))
    return tuple(datasets)


def _system_axes(systems: list[Any], entries: object, where: str) -> object:
    """Return the axes of the coordinate system that the levels lead into."""
    dataset = entries[0] if isinstance(entries, list) and entries else None
    named = {
        system.get("name"): system.get("axes")
        for system in systems
        if isinstance(system, dict) and isinstance(system.get("name"), str)
    }
    if not named:
        raise MetadataError(f"{where}: no coordinate system has a name.")
    transforms = (
        dataset.get("coordinateTransformations") if isinstance(dataset, dict) else None
    )
    for transform in transforms if isinstance(transforms, list) else ():
        output = transform.get("output") if isinstance(transform, dict) else None
        name = output.get("name") if isinstance(output, dict) else output
        if isinstance(name, str) and name in named:
            return named[name]
    return named.get(_INTRINSIC, next(iter(named.values())))


def _read_axes(entries: object, where: str) -> tuple[Axis, ...]:
    if not isinstance(entries, list) or not entries:
        raise MetadataError(
            f"{where}: 'axes' is {excerpt(entries)}; expected a list of axes."
        )
    axes = tuple(_read_axis(entry, f"{where}: axes") for entry in entries)
    names = [axis.name for axis in axes]
    if len(set(names)) != len(names):
        raise MetadataError(f"{where}: an axis is named twice in {names}.")
    return axes


def _read_axis(entry: object, where: str) -> Axis:
    if isinstance(entry, dict) and isinstance(entry.get("name"), str):
        kind, unit = entry.get("type"), entry.get("unit")
        return Axis(
            name=entry["name"],
            type=kind if isinstance(kind, str) else None,
            unit=unit if isinstance(unit, str) else None,
        )
    raise MetadataError(
        f"{where} holds {excerpt(entry)}; expected an object whose name is a string."
    )


def _read_dataset(
    entry: object,
    common: object,
    count: int,
    where: str,
    first: tuple[float, ...] | None,
) -> Dataset:
    if not isinstance(entry, dict):
        raise MetadataError(f"{where} is {excerpt(entry)}, expected an object.")
    path = entry.get("path")
    # Some writers of 0.4 give level 0 as a number.
    path = check_array_path(str(path) if type(path) is int else path, where)
    transforms = entry.get("coordinateTransformations")
    if not isinstance(transforms, list) or not transforms:
        raise MetadataError(
            f"{where} has coordinateTransformations {excerpt(transforms)}; expected a "
            f"list that starts with a scale."
        )
    steps = [*transforms, *(common if isinstance(common, list) else ())]
    scale: tuple[float, ...] | None = None
    translation: tuple[float, ...] | None = None
    for step in _flattened(steps, where):
        kind = step.get("type") if isinstance(step, dict) else None
        if kind == "scale":
            values = _numbers(step.get("scale"), count, where, "scale")
            scale = values if scale is None else tuple(map(mul, scale, values))
            if translation is not None:
                translation = tuple(map(mul, translation, values))
        elif kind == "translation":
            values = _numbers(step.get("translation"), count, where, "translation")
            translation = (
                values if translation is None else tuple(map(add, translation, values))
            )
        elif kind != "identity":
            raise MetadataError(
                f"{where} has the transform {excerpt(step)}; understood are scale, "
                f"translation, identity and sequences of them."
            )
    scale = (1.0,) * count if scale is None else scale
    return Dataset(
        path=path,
        scale=_intern(("scale", scale), scale),
        # Levels that begin at one place share it, so that an image takes less memory.
        translation=first if translation == first else translation,
    )


def _flattened(steps: Sequence[Any], where: str, depth: int = 0) -> list[Any]:
    flat: list[Any] = []
    for step in steps:
        if isinstance(step, dict) and step.get("type") == "sequence":
            inner = step.get("transformations")
            if not isinstance(inner, list) or depth > 3:
                raise MetadataError(
                    f"{where} has a sequence of {excerpt(inner)}; expected a list."
                )
            flat.extend(_flattened(inner, where, depth + 1))
        else:
            flat.append(step)
    return flat


def _numbers(values: object, count: int, where: str, what: str) -> tuple[float, ...]:
    if (
        isinstance(values, list)
        and len(values) == count
        and _NUMBERS.issuperset(map(type, values))
    ):
        try:
            numbers = tuple(map(float, values))
        except OverflowError:
            numbers = (math.inf,)
        if all(map(math.isfinite, numbers)):
            return numbers
    raise MetadataError(
        f"{where}: {what} is {excerpt(values)}; expected {count} finite numbers, one "
        f"an axis."
    )


# --- writing -------------------------------------------------------------------------


def write_image(
    meta: ImageMetadata,
    version: str,
    attributes: Mapping[str, Any] | None = None,
    made_by: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the attributes of an image group.

    Parameters
    ----------
    meta
        What the group describes; its own `version` is not looked at.
    version
        NGFF version to write.
    attributes
        Attributes that the group has so far, of any version; unknown keys survive,
        also those of the multiscale and of each channel.
    made_by
        How the levels were made: the keys ``type`` and ``metadata`` of the multiscale.
    """
    attributes = attributes or {}
    block = envelope(attributes)
    old = block.get("multiscales")
    old_first = old[0] if isinstance(old, list) and old else {}
    first = _multiscale(meta, version, old_first if isinstance(old_first, dict) else {})
    first |= made_by or {}
    others = old[1:] if isinstance(old, list) else []
    changes: dict[str, Any] = {"multiscales": [first, *others]}
    old_omero = block.get("omero")
    omero = write_omero(meta, old_omero if isinstance(old_omero, dict) else {}, version)
    if omero:
        changes["omero"] = omero
    return with_block(attributes, version, changes)


def _multiscale(
    meta: ImageMetadata, version: str, old: Mapping[str, Any]
) -> dict[str, Any]:
    axes = [
        {
            key: value
            for key, value in (
                ("name", axis.name),
                ("type", axis.type),
                ("unit", axis.unit),
            )
            if value is not None
        }
        for axis in meta.as_stored(meta.axes)
    ]
    own_keys = ("axes", "coordinateSystems", "datasets", "version", "name")
    # Transforms of the whole were multiplied into each level when they were read.
    unknown = {
        key: value
        for key, value in old.items()
        if key not in (*own_keys, "coordinateTransformations")
    }
    new: dict[str, Any] = (
        {"coordinateSystems": [{"name": _INTRINSIC, "axes": axes}]}
        if version == "0.6"
        else {"axes": axes}
    )
    new["datasets"] = [
        _dataset(_reordered(dataset, meta.as_stored), version)
        for dataset in meta.datasets
    ]
    if meta.name is not None:
        new["name"] = meta.name
    if version == "0.4":
        new["version"] = version
    return {**new, **unknown}


def _dataset(dataset: Dataset, version: str) -> dict[str, Any]:
    steps: list[dict[str, Any]] = [{"type": "scale", "scale": list(dataset.scale)}]
    if dataset.translation is not None:
        steps.append({"type": "translation", "translation": list(dataset.translation)})
    if version == "0.6":
        ends = {"input": {"path": dataset.path}, "output": {"name": _INTRINSIC}}
        steps = (
            [{**ends, **steps[0]}]
            if len(steps) == 1
            else [{**ends, "type": "sequence", "transformations": steps}]
        )
    return {"path": dataset.path, "coordinateTransformations": steps}
