"""What would help with a file that cannot be used: an answer to the reason."""

from __future__ import annotations

from typing import Final

from hcs.ingest.matching.match import Leftover

_ADVICE: Final = (
    ("not whole", "Copy or send it again; it was cut off."),
    ("cannot be decoded", "Copy or send it again; if that does not help, export it "
     "anew."),
    ("damaged", "Copy or send it again; if that does not help, export it anew."),
    ("it is empty", "Copy or send it again."),
    ("zip archive", "Give the zip itself, or the files in it."),
    ("inks (CMYK)", "Export each channel as a greyscale TIFF."),
    ("PDF", "Export the image itself as TIFF."),
    ("GIF", "Export the image as TIFF; a GIF has at most 256 colours."),
    ("not an image that can be read", "Export it as TIFF, PNG or OME-Zarr."),
    ("other files, which are not followed", "Give the OME-TIFF as one file, or each "
     "channel as a TIFF of its own."),
    ("password", "Unpack it and give the files."),
    ("encrypted", "Unpack it and give the files."),
)  # fmt: skip
"""Part of a reason, and what helps; the first that fits."""


def leftover(name: str, reason: str, *, is_image: bool = True) -> Leftover:
    """Return a file that cannot be used, with what would help.

    Parameters
    ----------
    name
        Name of the file.
    reason
        Why it cannot be used, in words.
    is_image
        Whether it is an image, if one that cannot be used.
    """
    return Leftover(
        name=name, reason=reason, help=advice_for(reason), is_image=is_image
    )


def advice_for(reason: str) -> str:
    """Return what would help, in a sentence; "" where nothing is known."""
    return next((advice for part, advice in _ADVICE if part in reason), "")
