"""Measuring: image quality of fields, statistics of plates."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hcs.qc.aggregation import WAYS as WAYS
    from hcs.qc.aggregation import How as How
    from hcs.qc.aggregation import aggregate as aggregate
    from hcs.qc.aggregation import best_plane as best_plane
    from hcs.qc.aggregation import default_way as default_way
    from hcs.qc.assay import AssayReport as AssayReport
    from hcs.qc.assay import Compared as Compared
    from hcs.qc.assay import Positions as Positions
    from hcs.qc.assay import assay_report as assay_report
    from hcs.qc.banner import LEAST_PLATES as LEAST_PLATES
    from hcs.qc.banner import plate_banner as plate_banner
    from hcs.qc.banner import plate_medians as plate_medians
    from hcs.qc.baseline import LEAST_FIELDS as LEAST_FIELDS
    from hcs.qc.baseline import Baseline as Baseline
    from hcs.qc.baseline import BaselineKey as BaselineKey
    from hcs.qc.baseline import make_baselines as make_baselines
    from hcs.qc.check import Check as Check
    from hcs.qc.check import checks as checks
    from hcs.qc.clip import Clip as Clip
    from hcs.qc.clip import Top as Top
    from hcs.qc.clip import infer_clip as infer_clip
    from hcs.qc.clip import percent_at as percent_at
    from hcs.qc.cluster import connected as connected
    from hcs.qc.cutoff import Cut as Cut
    from hcs.qc.cutoff import cut_offs as cut_offs
    from hcs.qc.definitions import DEFINITIONS as DEFINITIONS
    from hcs.qc.definitions import EVERY_METRIC as EVERY_METRIC
    from hcs.qc.definitions import Definition as Definition
    from hcs.qc.definitions import definition as definition
    from hcs.qc.digest import PlaneDigest as PlaneDigest
    from hcs.qc.digest import SamePicture as SamePicture
    from hcs.qc.digest import find_same_pictures as find_same_pictures
    from hcs.qc.failures import FAILURE_RULES as FAILURE_RULES
    from hcs.qc.failures import with_limits as with_limits
    from hcs.qc.imported import ImportedTable as ImportedTable
    from hcs.qc.imported import read_measurements as read_measurements
    from hcs.qc.light import Light as Light
    from hcs.qc.light import MeanField as MeanField
    from hcs.qc.light import mean_field as mean_field
    from hcs.qc.measure import imported_clips as imported_clips
    from hcs.qc.measure import imported_exposures as imported_exposures
    from hcs.qc.measure import measure_plate as measure_plate
    from hcs.qc.measure import plate_settings as plate_settings
    from hcs.qc.nuclei import propose_channel as propose_channel
    from hcs.qc.results import FieldResult as FieldResult
    from hcs.qc.results import PlaneResult as PlaneResult
    from hcs.qc.roles import ROLES as ROLES
    from hcs.qc.roles import RoleMapping as RoleMapping
    from hcs.qc.roles import WellRole as WellRole
    from hcs.qc.roles import header_key as header_key
    from hcs.qc.roles import propose_mapping as propose_mapping
    from hcs.qc.screen import replicate_correlation as replicate_correlation
    from hcs.qc.sites import OwnField as OwnField
    from hcs.qc.sites import SiteMap as SiteMap
    from hcs.qc.sites import SiteRule as SiteRule
    from hcs.qc.sites import match_sites as match_sites
    from hcs.qc.suspicion import Suspect as Suspect
    from hcs.qc.suspicion import find_suspects as find_suspects
    from hcs.qc.suspicion import find_unusual as find_unusual
    from hcs.qc.workers import in_workers as in_workers
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {
            "aggregation": "How WAYS aggregate best_plane default_way",
            "assay": "AssayReport Compared Positions assay_report",
            "banner": "LEAST_PLATES plate_banner plate_medians",
            "baseline": "Baseline BaselineKey LEAST_FIELDS make_baselines",
            "check": "Check checks",
            "clip": "Clip Top infer_clip percent_at",
            "cluster": "connected",
            "cutoff": "Cut cut_offs",
            "definitions": "DEFINITIONS Definition EVERY_METRIC definition",
            "digest": "PlaneDigest SamePicture find_same_pictures",
            "failures": "FAILURE_RULES with_limits",
            "imported": "ImportedTable read_measurements",
            "light": "Light MeanField mean_field",
            "measure": "imported_clips imported_exposures measure_plate plate_settings",
            "nuclei": "propose_channel",
            "results": "FieldResult PlaneResult",
            "roles": "ROLES RoleMapping WellRole header_key propose_mapping",
            "screen": "replicate_correlation",
            "sites": "OwnField SiteMap SiteRule match_sites",
            "suspicion": "Suspect find_suspects find_unusual",
            "workers": "in_workers",
        },
    )
