"""Plates, wells and fields: navigation, identity and history."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.plates.identity import plate_fingerprint as plate_fingerprint
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "identity": "plate_fingerprint",
        },
    )
