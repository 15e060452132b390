"""From microscope exports to plates, and from image files to fields."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.ingest.formats.image_file import Fact as Fact
    from hcs.ingest.formats.image_file import ImageFile as ImageFile
    from hcs.ingest.formats.image_file import Limits as Limits
    from hcs.ingest.formats.images import SUFFIXES as SUFFIXES
    from hcs.ingest.formats.images import not_finite as not_finite
    from hcs.ingest.formats.pages import likely_pages as likely_pages
    from hcs.ingest.importing import PlannedImport as PlannedImport
    from hcs.ingest.importing import fingerprint_at as fingerprint_at
    from hcs.ingest.importing import plan_import as plan_import
    from hcs.ingest.matching.advice import leftover as leftover
    from hcs.ingest.matching.correction_folder import FieldCorrection as FieldCorrection
    from hcs.ingest.matching.correction_folder import (
        pack_corrections as pack_corrections,
    )
    from hcs.ingest.matching.match import ALL_CHANNELS as ALL_CHANNELS
    from hcs.ingest.matching.match import FieldMatch as FieldMatch
    from hcs.ingest.matching.match import Leftover as Leftover
    from hcs.ingest.matching.match import Match as Match
    from hcs.ingest.matching.name_guess import assign_channels as assign_channels
    from hcs.ingest.matching.name_guess import match_channel as match_channel
    from hcs.ingest.matching.picture import Picture as Picture
    from hcs.ingest.matching.picture import describe_picture as describe_picture
    from hcs.ingest.matching.reading import open_pictures as open_pictures
    from hcs.ingest.matching.table import MatchTable as MatchTable
    from hcs.ingest.matching.table import match_pictures as match_pictures
    from hcs.ingest.matching.target import MatchTarget as MatchTarget
    from hcs.ingest.matching.target import TargetField as TargetField
    from hcs.ingest.matching.target import match_target as match_target
    from hcs.ingest.matching.wording import channel_text as channel_text
    from hcs.ingest.microscopes.export import ChannelNote as ChannelNote
    from hcs.ingest.microscopes.export import Expected as Expected
    from hcs.ingest.microscopes.export import Export as Export
    from hcs.ingest.microscopes.export import by_pattern as by_pattern
    from hcs.ingest.microscopes.microscope import Microscope as Microscope
    from hcs.ingest.microscopes.plates import PlateKey as PlateKey
    from hcs.ingest.microscopes.plates import PlateListing as PlateListing
    from hcs.ingest.microscopes.registry import broken_presets as broken_presets
    from hcs.ingest.microscopes.registry import plates_of as plates_of
    from hcs.ingest.microscopes.registry import read_export as read_export
    from hcs.ingest.names import NamePart as NamePart
    from hcs.ingest.names import NameParts as NameParts
    from hcs.ingest.names import NamePattern as NamePattern
    from hcs.ingest.names import name_part as name_part
    from hcs.ingest.plate.growth import Growth as Growth
    from hcs.ingest.plate.growth import growth as growth
    from hcs.ingest.plate.plan import ImportChoices as ImportChoices
    from hcs.ingest.plate.report import ImportReport as ImportReport
    from hcs.ingest.proposals.proposal import ProposedPattern as ProposedPattern
    from hcs.ingest.proposals.proposal import propose_patterns as propose_patterns
    from hcs.ingest.sources import ExportFile as ExportFile
    from hcs.ingest.sources import ExportSource as ExportSource
    from hcs.ingest.sources import open_source as open_source
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "formats.image_file": "Fact ImageFile Limits",
            "formats.images": "SUFFIXES not_finite",
            "formats.pages": "likely_pages",
            "importing": "PlannedImport fingerprint_at plan_import",
            "matching.advice": "leftover",
            "matching.correction_folder": "FieldCorrection pack_corrections",
            "matching.match": "ALL_CHANNELS FieldMatch Leftover Match",
            "matching.name_guess": "assign_channels match_channel",
            "matching.picture": "Picture describe_picture",
            "matching.reading": "open_pictures",
            "matching.table": "MatchTable match_pictures",
            "matching.target": "MatchTarget TargetField match_target",
            "matching.wording": "channel_text",
            "microscopes.export": "ChannelNote Expected Export by_pattern",
            "microscopes.microscope": "Microscope",
            "microscopes.plates": "PlateKey PlateListing",
            "microscopes.registry": "broken_presets plates_of read_export",
            "names": "NamePart NameParts NamePattern name_part",
            "plate.growth": "Growth growth",
            "plate.plan": "ImportChoices",
            "plate.report": "ImportReport",
            "proposals.proposal": "ProposedPattern propose_patterns",
            "sources": "open_source ExportFile ExportSource open_source",
        },
    )
