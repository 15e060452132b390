"""From microscope exports to plates, and from image files to fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.ingest.formats.images import SUFFIXES as SUFFIXES
    from hcs.ingest.formats.images import Limits as Limits
    from hcs.ingest.formats.images import likely_pages as likely_pages
    from hcs.ingest.formats.images import not_finite as not_finite
    from hcs.ingest.guess import assign_channels as assign_channels
    from hcs.ingest.guess import match_channel as match_channel
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "guess": "assign_channels match_channel",
            "formats.images": "SUFFIXES Limits likely_pages not_finite",
        },
    )
