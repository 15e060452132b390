"""What pages of a TIFF are that does not say it: channels, planes along z, or times."""

from __future__ import annotations

from typing import Final

PAGES: Final = {"channels": "c", "z": "z", "t": "t"}
"""What pages can be taken as, as people say it, and the axis that it is."""


def likely_pages(pages: int, *, channels: int, z: int) -> str:
    """Return the axis that pages of unsaid meaning most likely are, ``c`` or ``z``.

    Parameters
    ----------
    pages
        Of the file.
    channels, z
        How many the field has that they are to be.
    """
    return "c" if 1 < pages == channels and z == 1 else "z"
