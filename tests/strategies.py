"""Hypothesis strategies: plates, wells and images that are valid, and JSON that is not.

What is drawn is valid by the specification, so it must survive being written and read.
"""

from __future__ import annotations

import copy
from operator import mul
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st

from hcs.metadata import (
    Axis,
    Channel,
    Dataset,
    ImageMetadata,
    Plate,
    PlateAcquisition,
    PlateColumn,
    PlateRow,
    PlateWell,
    Well,
    WellImage,
    Window,
)

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

ALPHANUMERIC = "ABCXYZabcxyz0123456789"
_DEVICES = ("con", "prn", "aux", "nul")

texts = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
"""Any text that UTF-8 can express, the empty one too."""

finite = st.floats(-1e6, 1e6, allow_nan=False)
positive = st.floats(1e-6, 1e6, allow_nan=False)
versions = st.sampled_from(("0.4", "0.5", "0.6"))

names = st.text(ALPHANUMERIC, min_size=1, max_size=4).filter(
    lambda name: name.lower() not in _DEVICES
)


def grid_names(max_size: int = 4) -> SearchStrategy[list[str]]:
    """Names of rows or columns, none of which differ by case alone."""
    return st.lists(names, min_size=1, max_size=max_size, unique_by=str.lower)


def acquisitions() -> SearchStrategy[list[PlateAcquisition] | None]:
    """Acquisitions with ids that need not start at 0, or none."""
    times = st.none() | st.integers(0, 2**33)
    single = st.builds(
        PlateAcquisition,
        id=st.integers(0, 50),
        name=st.none() | texts,
        maximumfieldcount=st.none() | st.integers(1, 9),
        description=st.none() | texts,
        starttime=times,
        endtime=st.none(),
    )
    return st.none() | st.lists(
        single, min_size=1, max_size=3, unique_by=lambda acquisition: acquisition.id
    )


@st.composite
def plates(draw: DrawFn, version: str | None = None) -> Plate:
    """Plates of any grid, full or sparse."""
    rows, columns = draw(grid_names()), draw(grid_names())
    positions = [(y, x) for y in range(len(rows)) for x in range(len(columns))]
    listed = draw(st.lists(st.sampled_from(positions), min_size=1, unique=True))
    return Plate(
        columns=[PlateColumn(name) for name in columns],
        rows=[PlateRow(name) for name in rows],
        wells=[PlateWell(f"{rows[y]}/{columns[x]}", y, x) for y, x in listed],
        version=version,
        acquisitions=draw(acquisitions()),
        field_count=draw(st.none() | st.integers(1, 9)),
        name=draw(st.none() | texts),
    )


@st.composite
def wells(draw: DrawFn, version: str | None = None) -> Well:
    """Well documents."""
    paths = draw(st.lists(names, min_size=1, max_size=5, unique_by=str.lower))
    return Well(
        images=[
            WellImage(path, draw(st.none() | st.integers(0, 50))) for path in paths
        ],
        version=version,
    )


@st.composite
def axes(draw: DrawFn) -> tuple[Axis, ...]:
    """Axes in the order of the specification: time, channel, space."""
    units = st.none() | st.sampled_from(("micrometer", "nanometer"))
    drawn = []
    if draw(st.booleans()):
        drawn.append(
            Axis(name="t", type="time", unit=draw(st.none() | st.just("second")))
        )
    if draw(st.booleans()):
        drawn.append(Axis(name="c", type="channel"))
    space = draw(st.sampled_from(("yx", "zyx")))
    drawn.extend(Axis(name=name, type="space", unit=draw(units)) for name in space)
    return tuple(drawn)


def channels() -> SearchStrategy[Channel]:
    """Display settings of a channel."""
    return st.builds(
        Channel,
        name=st.none() | texts,
        color=st.none() | st.text("0123456789ABCDEF", min_size=6, max_size=6),
        window=st.none()
        | st.builds(Window, start=finite, end=finite, min=finite, max=finite),
        active=st.booleans(),
    )


@st.composite
def images(draw: DrawFn, version: str | None = None) -> ImageMetadata:
    """Image documents with one to three levels."""
    drawn = draw(axes())
    full = draw(st.tuples(*(positive for _ in drawn)))
    factors = st.tuples(*(st.sampled_from((1, 2, 3)) for _ in drawn))
    offset = st.none() | st.tuples(*(finite for _ in drawn))
    level = st.text(ALPHANUMERIC + "/", min_size=1, max_size=6).map(_array_path)
    paths = draw(st.lists(level, min_size=1, max_size=3, unique=True))
    scales = [full]
    for _ in paths[1:]:  # levels get coarser, never finer
        scales.append(tuple(map(mul, scales[-1], draw(factors))))
    return ImageMetadata(
        axes=drawn,
        datasets=tuple(
            Dataset(path=path, scale=scale, translation=draw(offset))
            for path, scale in zip(paths, scales, strict=True)
        ),
        channels=tuple(draw(st.lists(channels(), max_size=3))),
        name=draw(st.none() | texts),
        version=version,
    )


def _array_path(text: str) -> str:
    return "/".join(part for part in text.split("/") if part) or "0"


# --- JSON that is not what it should be ----------------------------------------------

scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
    | st.sampled_from(["", ".", "..", "../x", "a/b", "/", "\0", "0", "A/1", "0.9"])
)
anything = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(texts | st.sampled_from(["path", "name"]), inner, max_size=3)
    ),
    max_leaves=6,
)


@st.composite
def mutated(draw: DrawFn, document: Any) -> Any:
    """Return a copy of a JSON document with one to three places changed."""
    changed = copy.deepcopy(document)
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(changed))
        if not places:
            break
        holder, key = draw(st.sampled_from(places))
        act = draw(st.sampled_from(("drop", "replace", "repeat")))
        if act == "drop":
            del holder[key]
        elif act == "replace":
            holder[key] = draw(anything)
        elif isinstance(holder, list):
            holder.append(copy.deepcopy(holder[key]))
    return changed


def _places(value: Any) -> Any:
    keys: Any = ()
    if isinstance(value, dict):
        keys = list(value)
    elif isinstance(value, list):
        keys = range(len(value))
    for key in keys:
        yield value, key
        yield from _places(value[key])
