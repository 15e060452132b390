"""Measuring: image quality of fields, statistics of plates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.qc.clip import Clip as Clip
    from hcs.qc.clip import Top as Top
    from hcs.qc.clip import infer_clip as infer_clip
    from hcs.qc.clip import percent_at as percent_at
    from hcs.qc.columns import feature as feature
    from hcs.qc.columns import place_cells as place_cells
    from hcs.qc.columns import well_name as well_name
    from hcs.qc.definitions import DEFINITIONS as DEFINITIONS
    from hcs.qc.definitions import EVERY_METRIC as EVERY_METRIC
    from hcs.qc.definitions import Definition as Definition
    from hcs.qc.definitions import Question as Question
    from hcs.qc.definitions import Scale as Scale
    from hcs.qc.fields.digest import PlaneDigest as PlaneDigest
    from hcs.qc.fields.digest import SamePicture as SamePicture
    from hcs.qc.fields.digest import exact_digest as exact_digest
    from hcs.qc.fields.digest import find_same_pictures as find_same_pictures
    from hcs.qc.fields.light import Light as Light
    from hcs.qc.fields.light import MeanField as MeanField
    from hcs.qc.fields.light import mean_field as mean_field
    from hcs.qc.fields.nuclei import propose_channel as propose_channel
    from hcs.qc.fields.plane import NotComputableError as NotComputableError
    from hcs.qc.fields.plane import Plane as Plane
    from hcs.qc.plates.aggregation import WAYS as WAYS
    from hcs.qc.plates.aggregation import How as How
    from hcs.qc.plates.aggregation import aggregate as aggregate
    from hcs.qc.plates.aggregation import best_plane as best_plane
    from hcs.qc.plates.aggregation import default_way as default_way
    from hcs.qc.plates.assay import AssayReport as AssayReport
    from hcs.qc.plates.assay import Compared as Compared
    from hcs.qc.plates.assay import Positions as Positions
    from hcs.qc.plates.assay import assay_report as assay_report
    from hcs.qc.plates.banner import LEAST_PLATES as LEAST_PLATES
    from hcs.qc.plates.banner import plate_banner as plate_banner
    from hcs.qc.plates.banner import plate_medians as plate_medians
    from hcs.qc.plates.baseline import LEAST_FIELDS as LEAST_FIELDS
    from hcs.qc.plates.baseline import Baseline as Baseline
    from hcs.qc.plates.baseline import BaselineKey as BaselineKey
    from hcs.qc.plates.baseline import make_baselines as make_baselines
    from hcs.qc.plates.check import Check as Check
    from hcs.qc.plates.check import checks as checks
    from hcs.qc.plates.cutoff import Cut as Cut
    from hcs.qc.plates.cutoff import cut_offs as cut_offs
    from hcs.qc.plates.failures import FAILURE_RULES as FAILURE_RULES
    from hcs.qc.plates.failures import with_limits as with_limits
    from hcs.qc.plates.imported import ImportedTable as ImportedTable
    from hcs.qc.plates.imported import read_measurements as read_measurements
    from hcs.qc.plates.readings import Readings as Readings
    from hcs.qc.plates.roles import ROLES as ROLES
    from hcs.qc.plates.roles import RoleMapping as RoleMapping
    from hcs.qc.plates.roles import WellRole as WellRole
    from hcs.qc.plates.roles import header_key as header_key
    from hcs.qc.plates.roles import propose_mapping as propose_mapping
    from hcs.qc.plates.screen import control_statistics as control_statistics
    from hcs.qc.plates.screen import replicate_correlation as replicate_correlation
    from hcs.qc.plates.sites import OwnField as OwnField
    from hcs.qc.plates.sites import SiteMap as SiteMap
    from hcs.qc.plates.sites import SiteRule as SiteRule
    from hcs.qc.plates.sites import match_sites as match_sites
    from hcs.qc.plates.suspicion import Suspect as Suspect
    from hcs.qc.plates.suspicion import find_suspects as find_suspects
    from hcs.qc.plates.suspicion import find_unusual as find_unusual
    from hcs.qc.registry import all_definitions as all_definitions
    from hcs.qc.registry import broken_metrics as broken_metrics
    from hcs.qc.registry import definition as definition
    from hcs.qc.results import FieldResult as FieldResult
    from hcs.qc.results import PlaneResult as PlaneResult
    from hcs.qc.results import settle_clips as settle_clips
    from hcs.qc.run.cluster import connected as connected
    from hcs.qc.run.export import measured_table as measured_table
    from hcs.qc.run.measure import measure_level as measure_level
    from hcs.qc.run.measure import measure_plate as measure_plate
    from hcs.qc.run.plate_settings import imported_clips as imported_clips
    from hcs.qc.run.plate_settings import imported_exposures as imported_exposures
    from hcs.qc.run.plate_settings import plate_settings as plate_settings
    from hcs.qc.run.quality import measure_plane as measure_plane
    from hcs.qc.run.workers import in_workers as in_workers
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "plates.aggregation": "How WAYS aggregate best_plane default_way",
            "plates.assay": "AssayReport Compared Positions assay_report",
            "plates.banner": "LEAST_PLATES plate_banner plate_medians",
            "plates.baseline": "Baseline BaselineKey LEAST_FIELDS make_baselines",
            "plates.check": "Check checks",
            "clip": "Clip Top infer_clip percent_at",
            "columns": "feature place_cells well_name",
            "run.cluster": "connected",
            "plates.cutoff": "Cut cut_offs",
            "definitions": "DEFINITIONS Definition EVERY_METRIC Question Scale",
            "fields.digest": "PlaneDigest SamePicture exact_digest find_same_pictures",
            "plates.failures": "FAILURE_RULES with_limits",
            "plates.imported": "ImportedTable read_measurements",
            "fields.light": "Light MeanField mean_field",
            "run.export": "measured_table",
            "run.measure": "measure_level measure_plate",
            "run.plate_settings": "imported_clips imported_exposures plate_settings",
            "fields.nuclei": "propose_channel",
            "fields.plane": "NotComputableError Plane",
            "registry": "all_definitions broken_metrics definition",
            "results": "FieldResult PlaneResult settle_clips",
            "plates.readings": "Readings",
            "plates.roles": "ROLES RoleMapping WellRole header_key propose_mapping",
            "plates.screen": "control_statistics replicate_correlation",
            "plates.sites": "OwnField SiteMap SiteRule match_sites",
            "plates.suspicion": "Suspect find_suspects find_unusual",
            "run.quality": "measure_plane",
            "run.workers": "in_workers",
        },
    )
