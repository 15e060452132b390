"""Names of what lies hidden beside a plate: drafts, parts of archives, lock files."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import PurePath

_LONGEST = 180
"""Bytes of a plate's name that go into such names whole: file systems take 255, and up
to 60 are added."""


def hidden_prefix(place: PurePath) -> str:
    """Return how the names begin of all that belongs to a place and lies beside it.

    The place's own name, which the system takes, must not be refused for what is added
    to it; so of a long one the beginning is taken, and a digest of all of it.

    >>> from pathlib import PurePath
    >>> hidden_prefix(PurePath("screens/p.ozx"))
    '.p.ozx.'
    """
    name = place.name
    encoded = os.fsencode(name)
    if len(encoded) > _LONGEST:
        digest = hashlib.sha256(encoded).hexdigest()[:12]
        name = f"{encoded[: _LONGEST - 13].decode(errors='ignore')}~{digest}"
    return f".{name}."
