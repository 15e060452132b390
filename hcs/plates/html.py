"""Plates, wells and fields as HTML, for notebooks: no script or server is needed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError
from hcs.gaps import shared_by_most
from hcs.images.html import image_parts, pixel_text, size_text
from hcs.lines import line_order, physical_plate
from hcs.markup import block, facts, failed, note, text
from hcs.moment import take
from hcs.plates.map_drawing import (
    FEWER,
    MISSING,
    MOST_PLACES,
    PRESENT,
    UNLISTED,
    UNREADABLE,
    UNSEEN,
    State,
    draw,
    key,
)
from hcs.plates.walk import walk
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from hcs.images.image import Multiscales
    from hcs.plates.field import Field
    from hcs.plates.plate import HCSPlate
    from hcs.plates.walk import WalkedWell
    from hcs.plates.well import HCSWell

_SECONDS = 2.0
"""That each of what is read may take: wells, conditions, one image."""

_ATTEMPTS = 8
"""Fields that are tried until one can be read."""

_MOST_VALUES = 6


def plate_html(plate: HCSPlate) -> str:
    """Return HTML of a plate: its wells with their states, and what it holds.

    Reads the documents of the wells and of one image for some seconds at most; wells
    that were not reached are drawn as such. Never raises.
    """
    try:
        return block(f"Plate {plate.name or ''}".strip(), *_plate_parts(plate))
    except Exception as error:  # noqa: BLE001  (see `failed`)
        return failed(plate, error)


def well_html(well: HCSWell) -> str:
    """Return HTML of a well: its fields, and thumbnails of the first; never raises."""
    try:
        return block(f"Well {well.label}", *_well_parts(well))
    except Exception as error:  # noqa: BLE001  (see `failed`)
        return failed(well, error)


def field_html(field: Field) -> str:
    """Return HTML of a field: what its image is, and thumbnails; never raises."""
    try:
        return block(f"Field {field.label} of well {field.well}", _field_parts(field))
    except Exception as error:  # noqa: BLE001  (see `failed`)
        return failed(field, error)


# -- plates ----------------------------------------------------------------------------


def _plate_parts(plate: HCSPlate) -> Iterator[str]:
    walked = take(lambda: _walked(plate), _SECONDS)
    conditions = take(lambda: plate.conditions.items(), _SECONDS)
    shown = dict(conditions.items)
    yield from _map(plate, walked.items, shown)
    described = take(lambda: _plate_facts(plate, walked.items, shown), _SECONDS)
    yield facts(described.items)
    for error in (walked.error, conditions.error, described.error):
        if error is not None:
            yield note(error)
    if not walked.complete and walked.error is None:
        yield note(
            f"{len(walked.items)} of {len(plate.wells)} wells were read within "
            f"{_SECONDS:g} s."
        )
    broken = [well.error for well in walked.items if well.error and not well.missing]
    if broken:
        yield note(broken[0])


def _walked(plate: HCSPlate) -> Iterator[WalkedWell]:
    if plate.location is not None:  # else it is only described, and nowhere yet
        yield from walk(plate)


def _map(
    plate: HCSPlate,
    walked: Sequence[WalkedWell],
    conditions: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    names = [row.name for row in plate.rows], [column.name for column in plate.columns]
    if len(names[0]) * len(names[1]) > MOST_PLACES:
        yield note(f"A grid of {len(names[0])} × {len(names[1])} is not drawn.")
        return
    orders = tuple(line_order(lines) for lines in names)
    rank = [{index: at for at, index in enumerate(order)} for order in orders]
    usual = shared_by_most([len(well.fields) for well in walked if well.error is None])
    by_path = {well.listed.path: well for well in walked}
    states, tips = {}, {}
    for listed in plate.wells:
        at = rank[0].get(listed.rowIndex, -1), rank[1].get(listed.columnIndex, -1)
        well = by_path.get(listed.path)
        states[at] = UNSEEN if well is None else _state(well, usual)
        known = conditions.get(listed.path, {})
        tips[at] = _tip(plate.label(listed), states[at], well, known)
    rows, columns = (
        [lines[index] for index in order]
        for lines, order in zip(names, orders, strict=True)
    )
    drawn = draw(rows, columns, states, tips, f"Map of {len(plate.wells)} wells")
    empty = len(names[0]) * len(names[1]) - len(states)
    yield drawn
    yield key([*states.values(), *[UNLISTED] * empty])


def _state(walked: WalkedWell, usual: int | None) -> State:
    if walked.error is not None:
        return MISSING if walked.missing else UNREADABLE
    return FEWER if usual is not None and len(walked.fields) < usual else PRESENT


def _tip(
    label: str,
    state: State,
    walked: WalkedWell | None,
    conditions: Mapping[str, Any],
) -> str:
    readable = walked is not None and walked.error is None
    what = counted(len(walked.fields), "field") if readable and walked else state.words
    values = [
        f"{name} {value}"
        for name, value in conditions.items()
        if value not in (None, "")
    ]
    return ", ".join([f"{label}: {what}", *values])


def _plate_facts(
    plate: HCSPlate,
    walked: Sequence[WalkedWell],
    conditions: Mapping[str, Mapping[str, Any]],
) -> Iterator[tuple[str, object]]:
    names = [row.name for row in plate.rows], [column.name for column in plate.columns]
    yield "where", plate.location or "in memory"
    yield "plate", physical_plate(*names).text
    counts = [len(well.fields) for well in walked if well.error is None]
    if counts:
        low, high = min(counts), max(counts)
        fields_text = f"{low} a well" if low == high else f"{low} to {high} a well"
        yield "fields", f"{sum(counts)}, {fields_text}"
    yield "acquisitions", ", ".join(run.name or "" for run in plate.acquisitions or [])
    image = _first_image(field for well in walked for field in well.fields)
    if image is not None:
        yield from take(lambda: _image_facts(image), _SECONDS).items
    yield "conditions", "; ".join(_condition_texts(conditions))
    yield "gaps", f"{len(plate.gaps)} noted by the import" if plate.gaps else ""
    yield "version", plate.version and f"OME-NGFF {plate.version}"


def _first_image(fields: Iterable[Field]) -> Multiscales | None:
    images = take(lambda: _images(fields), _SECONDS).items
    return images[0] if images else None


def _images(fields: Iterable[Field]) -> Iterator[Multiscales]:
    """Yield the first image that can be read."""
    for _, field in zip(range(_ATTEMPTS), fields, strict=False):
        try:
            yield field.image()
        except HCSError:
            continue
        return


def _image_facts(image: Multiscales) -> Iterator[tuple[str, object]]:
    yield "channels", ", ".join(image.channel_names)
    yield "field", size_text(image)
    yield "pixel", pixel_text(image)


def _condition_texts(
    conditions: Mapping[str, Mapping[str, Any]],
) -> Iterator[str]:
    values: dict[str, dict[str, None]] = {}
    for columns in conditions.values():
        for name, value in columns.items():
            if value not in (None, ""):
                values.setdefault(name, {})[str(value)] = None
    for name, distinct in values.items():
        yield f"{name}: {some(distinct, _MOST_VALUES, str)}"


# -- wells and fields ------------------------------------------------------------------


def _well_parts(well: HCSWell) -> Iterator[str]:
    fields = take(lambda: well.fields, _SECONDS)
    labels = [field.label for field in fields.items]
    yield facts(
        [
            ("path", well.path),
            ("where", well.store.location),
            (
                "fields",
                f"{len(labels)}: {some(labels, spell=str)}" if labels else "none",
            ),
        ]
    )
    if fields.error is not None:
        yield note(fields.error)
    elif not fields.complete:
        yield note(f"Its document was not read within {_SECONDS:g} s.")
    if fields.items:
        first = fields.items[0]
        yield f'<div style="margin-top:4px">Field {text(first.label)}</div>'
        yield _field_parts(first)


def _field_parts(field: Field) -> str:
    image = take(lambda: [field.image()], _SECONDS)
    if image.items:
        return image_parts(image.items[0])
    return note(image.error or f"It was not read within {_SECONDS:g} s.")
