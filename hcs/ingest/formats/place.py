"""Where an image belongs by its own metadata: plate, well and field."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from xml.etree.ElementTree import Element

_MAX_INDEX = 702


@dataclass(frozen=True, slots=True, kw_only=True)
class ImagePlace:
    """What metadata say of the place of one image; None where they say nothing."""

    well: tuple[int, int]
    """Zero-based row and column."""

    field: str | None = None
    """Its number in the well, counted from 1, as text; of a plate its label."""

    field_name: str = ""
    """What a plate in OME-Zarr calls it, where the image lies in one."""

    plate: str | None = None
    said_by: str = "its metadata"
    """In words after "from"."""


def ome_places(root: Element) -> Mapping[int, ImagePlace]:
    """Return the places of images by the plate that an OME-XML describes.

    Returns
    -------
        By the number of the image in the document; images that no well names have no
        entry. A field's number is its place among the samples of its well.
    """
    numbers = {
        image.get("ID", ""): number for number, image in enumerate(root.iter("Image"))
    }
    places: dict[int, ImagePlace] = {}
    for plate in root.iter("Plate"):
        for well in plate.iter("Well"):
            position = _index(well.get("Row")), _index(well.get("Column"))
            if None in position:
                continue
            for order, image in enumerate(_images(well), 1):
                if image in numbers:
                    places[numbers[image]] = ImagePlace(
                        well=position,  # type: ignore[arg-type]
                        field=str(order),
                        plate=plate.get("Name") or None,
                        said_by="its OME-XML",
                    )
    return places


def _images(well: Element) -> Iterator[str]:
    """Yield the ids of the images of a well's samples."""
    for sample in well.findall("WellSample"):
        reference = sample.find("ImageRef")
        if reference is not None:
            yield reference.get("ID", "")


def _index(text: str | None) -> int | None:
    index = int(text) if text and text.isascii() and text.isdigit() else None
    return index if index is not None and index < _MAX_INDEX else None


_LABEL = re.compile(
    r"\s*([A-Z]{1,2})[- ]?([0-9]{1,2})\s*(?::\s*Site\s+([0-9]{1,4}))?\s*"
)


def stage_label_place(text: str | None) -> ImagePlace | None:
    """Return the place in a stage label of MetaXpress, ``"B02 : Site 1"``."""
    label = _LABEL.fullmatch(text or "")
    if label is None or not int(label[2]):
        return None
    row = 0
    for letter in label[1]:
        row = row * 26 + ord(letter) - ord("A") + 1
    return ImagePlace(
        well=(row - 1, int(label[2]) - 1),
        field=label[3],
        said_by="its MetaSeries record",
    )
