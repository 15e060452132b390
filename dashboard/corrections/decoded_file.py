"""An uploaded file that was looked into: its images, and what is left over."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.corrections.decoding import parts_of, planes_path
from dashboard.corrections.naming import guess
from dashboard.corrections.values import Upload
from hcs.ingest import Fact, Leftover

if TYPE_CHECKING:
    from pathlib import Path

    from dashboard.corrections.decoding import Decoded
    from dashboard.uploads.values import UploadedFile


@dataclass(slots=True)
class DecodedImage:
    """An image that was looked into."""

    upload: Upload
    planes: Path
    chosen: bool = False
    """A person said what its pages are."""


@dataclass(slots=True)
class DecodedFile:
    """A file that was looked into: one image, several, or an archive of them."""

    images: dict[str, DecodedImage]
    """By id: that of the file where it holds one, else ``<id of the file>.<n>``."""

    left: tuple[Leftover, ...] = ()

    @property
    def upload(self) -> Upload:
        """Its first image."""
        return next(iter(self.images.values())).upload


def decoded_file(file: UploadedFile, decoded: Decoded, first: Path) -> DecodedFile:
    """Return what a child has found in a file.

    Parameters
    ----------
    file
        The file.
    decoded
        What the child says.
    first
        Where the planes of the first image are.
    """
    described = (decoded, *decoded.more)
    groups = Counter(image.group for image in described)
    images = {}
    for place, image in enumerate(described):
        key = file.id if len(described) == 1 else f"{file.id}.{place}"
        group = f"{file.id}/{image.group}" if groups[image.group] > 1 else ""
        images[key] = DecodedImage(
            _described(file, image, key, group), planes_path(first, place)
        )
    left = tuple(
        Leftover(name=name, reason=reason, help=help, is_image=is_image)
        for name, reason, help, is_image in decoded.left
    )
    return DecodedFile(images, left)


def _described(file: UploadedFile, decoded: Decoded, key: str, group: str) -> Upload:
    name = decoded.name or file.file.name
    guessed = guess(name)
    return Upload(
        id=key,
        name=name,
        size=file.file.size,
        kind=decoded.kind,
        axes=decoded.axes,
        shape=decoded.shape,
        dtype=decoded.dtype,
        channels=decoded.channels,
        pixel_size=decoded.pixel_size,
        facts=decoded.facts,
        not_finite=decoded.not_finite,
        pages="z" if decoded.pages else "",
        stated=parts_of(decoded.stated),
        stated_by=decoded.stated_by,
        centre=decoded.centre,
        file=group,
        series_name=decoded.series_name,
        field_name=decoded.field_name,
        notes=tuple(Fact(code, message) for code, message in decoded.notes),
        digest=decoded.digest,
        guess_well=guessed.well,
        guess_field=guessed.field,
    )
