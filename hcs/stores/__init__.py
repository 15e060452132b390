"""Where the bytes of a plate are, and reading them within limits."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.stores.location import possible_path as possible_path
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "location": "possible_path",
        },
    )
