"""Assay layouts of Harmony: what each well holds, as layers over the plate.

A measurement keeps them as XML in a folder ``Assaylayout`` beside ``Images``. Each
layer has a name, and a value for each well that is set; rows and columns count from 1.
Known from programs that read them, not from files of ours.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from hcs.errors import SourceError
from hcs.ingest.formats import markup
from hcs.tables.platemap import WellConditions, map_of_layers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from xml.etree.ElementTree import Element

    from hcs.ingest.sources import ExportFile, ExportSource
    from hcs.layout import PlateFormat, Position

_FOLDER: Final = "assaylayout"
_BYTES: Final = 16 << 20
"""A layout is held as a tree; twenty layers of 1536 wells have 4 MiB."""

_COUNT = re.compile(r"[0-9]{1,4}", re.ASCII)

Layer = tuple[str, dict["Position", str]]
"""Name, and the value by well."""


def is_layout(file: ExportFile) -> bool:
    """Return whether a file is a layout by where it lies and how its name ends."""
    folder = file.folder.rpartition("/")[2].lower().replace("_", "")
    return folder == _FOLDER and file.base.lower().endswith(".xml")


def read_layouts(
    source: ExportSource, names: Sequence[str], format: PlateFormat | None
) -> tuple[WellConditions | None, dict[str, str]]:
    """Return the plate map that layouts make together, and why some are not used.

    Where two layouts say different things of a well in layers of one name, the first
    is used and the map lists the conflict.
    """
    layers: list[Layer] = []
    used, unusable = [], {}
    for name in names:
        try:
            layers += _layers(markup.parse(source.read(name, _BYTES), name), name)
        except SourceError as error:
            unusable[name] = f"is no assay layout that can be read: {error}".rstrip(".")
        else:
            used.append(name)
    if not any(values for _, values in layers):
        return None, unusable
    try:
        return map_of_layers(layers, used[0], format), unusable
    except SourceError as error:
        why = f"is too large for a plate map: {error}".rstrip(".")
        return None, {**unusable, **dict.fromkeys(used, why)}


def _layers(root: Element, where: str) -> Iterator[Layer]:
    layers = list(root.iter("Layer"))
    if not layers:
        raise SourceError(f"{where} has no element 'Layer'.")
    for layer in layers:
        name = (layer.findtext("Name") or "").strip()
        yield name, dict(_values(layer, where))


def _values(layer: Element, where: str) -> Iterator[tuple[Position, str]]:
    for well in layer.findall("Well"):
        row, column = (well.findtext(key, "").strip() for key in ("Row", "Col"))
        value = well.findtext("Value", "").strip()
        if not (_COUNT.fullmatch(row) and _COUNT.fullmatch(column)):
            raise SourceError(
                f"{where} names a well by row {row!r}, column {column!r}."
            )
        if value:
            yield (int(row) - 1, int(column) - 1), value
