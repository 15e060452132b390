"""An image as HTML, for notebooks: what it is, and a thumbnail of each channel."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.images.thumbnail import MOST_CHANNELS, SIDE, Thumbnail, place, thumbnails
from hcs.markup import block, facts, failed, note, pictures
from hcs.moment import Taken, take
from hcs.wording import counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from hcs.images.image import Multiscales

_SECONDS = 4.0
"""That pixels may take; what has come by then is shown."""


def image_html(image: Multiscales) -> str:
    """Return HTML of an image; never raises.

    Reads one small plane a channel, for `_SECONDS` at most, so it may hold fewer
    thumbnails than there are channels; it then says so.
    """
    try:
        return block(_title(image), image_parts(image))
    except Exception as error:  # noqa: BLE001  (see `failed`)
        return failed(image, error)


def image_parts(image: Multiscales) -> str:
    """Return facts and thumbnails of an image, without a title."""
    import zarr  # noqa: F401  (loading it takes a second, which is no store's fault)

    described = take(lambda: _facts(image), _SECONDS)
    drawn: Taken[Thumbnail] = Taken()
    if described.complete:  # a store that hangs is not waited for twice
        drawn = take(lambda: thumbnails(image), _SECONDS)
    return "".join(
        [
            facts(described.items),
            pictures([_figure(thumbnail) for thumbnail in drawn.items]),
            *_notes(image, described.error or drawn.error, drawn.complete),
        ]
    )


def _title(image: Multiscales) -> str:
    return f"Image {image.path}" if image.path else "Image"


def _facts(image: Multiscales) -> Iterator[tuple[str, object]]:
    yield "size", f"{size_text(image)}, {counted(len(image), 'level')}"
    yield "pixel", pixel_text(image)
    yield "channels", ", ".join(image.channel_names)
    shown = [
        f"{dim} {index + 1} of {size}"
        for dim, (index, size) in place(image).items()
        if size > 1
    ]
    yield "thumbnails show", ", ".join(shown)
    yield "label images", ", ".join(image.labels)


def size_text(image: Multiscales) -> str:
    """Return axes, sizes and type of an image at full size."""
    level = image.images[0]
    sizes = zip(level.dims, level.data.shape, strict=True)
    return " × ".join(f"{dim} {size}" for dim, size in sizes) + f", {level.data.dtype}"


def pixel_text(image: Multiscales) -> str:
    """Return the size of a pixel with its unit; ``""`` where no unit is known."""
    units = image.units
    return " × ".join(
        f"{dim} {size:.4g} {unit}"
        for dim, size in image.pixel_size.items()
        if (unit := units.get(dim))
    )


def _figure(thumbnail: Thumbnail) -> tuple[bytes, str, list[str]]:
    whose = "as stored" if thumbnail.stored else "0.1–99.9 % of this plane"
    window = f"{thumbnail.low:.5g} to {thumbnail.high:.5g}"
    return (
        thumbnail.picture,
        f"{thumbnail.name}, {window}",
        [thumbnail.name, window, whose],
    )


def _notes(
    image: Multiscales, error: Exception | None, complete: bool
) -> Iterator[str]:
    if error is not None:
        yield note(error)
    elif not complete:
        yield note(f"Not all pixels came within {_SECONDS:g} s.")
    elif len(image.channel_names) > MOST_CHANNELS:
        yield note(f"The first {MOST_CHANNELS} channels, {SIDE} pixels wide.")
