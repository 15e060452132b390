"""An encoded picture, and the address that it is cached under."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from dashboard.addresses import encode_channels


@dataclass(frozen=True, slots=True)
class EncodedPicture:
    """An encoded picture."""

    data: bytes
    final: bool = True
    """False where another answer may follow at the same address: it shows an error,
    or the plate has moved on."""

    waiting: str = ""
    """Cells of a sprite that are not drawn yet, as `plate_sprite.bitmap`."""


def picture_address(*parts: Any) -> str:
    """Return what decides the bytes of a picture, as one text."""
    return "\n".join(
        encode_channels(part)
        if isinstance(part, tuple) and part and hasattr(part[0], "color")
        else repr(part)
        for part in parts
    )
