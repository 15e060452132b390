"""Uploads as the pictures that the library matches to fields."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from typing import TYPE_CHECKING

from hcs.ingest import NameParts, Picture

if TYPE_CHECKING:
    from collections.abc import Iterable

    from dashboard.corrections.values import Upload


def pictures_of(uploads: Iterable[Upload]) -> tuple[Picture, ...]:
    """Return one picture for each file; the images of one file are its `series`."""
    files: defaultdict[str, list[Picture]] = defaultdict(list)
    for upload in uploads:
        files[upload.file or upload.id].append(_picture(upload))
    return tuple(
        first if not others else replace(first, series=(first, *others))
        for first, *others in files.values()
    )


def _picture(upload: Upload) -> Picture:
    size = upload.pixel_size
    return Picture(
        id=upload.id,
        name=upload.name,
        kind=upload.kind,
        # Pages that mean nothing by themselves stand as z until the table says more.
        axes=("z", "y", "x") if upload.pages else upload.axes,
        shape=upload.shape,
        dtype=upload.dtype,
        channels=upload.channels,
        pixel_size=None if size is None else (size, size),
        pages=upload.shape[0] if upload.pages else 0,
        facts=upload.notes,
        not_finite=upload.not_finite,
        stated=upload.stated or NameParts(),
        stated_by=upload.stated_by,
        centre=upload.centre,
        field_name=upload.field_name,
        series_name=upload.series_name,
        digest=upload.digest,
    )
