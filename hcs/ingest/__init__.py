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
    from hcs.ingest.microscopes.export import ChannelNote as ChannelNote
    from hcs.ingest.microscopes.export import Expected as Expected
    from hcs.ingest.microscopes.export import Export as Export
    from hcs.ingest.microscopes.export import by_pattern as by_pattern
    from hcs.ingest.microscopes.microscope import Microscope as Microscope
    from hcs.ingest.microscopes.registry import broken_presets as broken_presets
    from hcs.ingest.names import NamePart as NamePart
    from hcs.ingest.names import NameParts as NameParts
    from hcs.ingest.names import NamePattern as NamePattern
    from hcs.ingest.sources import ExportFile as ExportFile
    from hcs.ingest.sources import ExportSource as ExportSource
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "guess": "assign_channels match_channel",
            "formats.images": "SUFFIXES Limits likely_pages not_finite",
            "microscopes.export": "ChannelNote Expected Export by_pattern",
            "microscopes.microscope": "Microscope",
            "microscopes.registry": "broken_presets",
            "names": "NamePart NameParts NamePattern",
            "sources": "ExportFile ExportSource",
        },
    )
