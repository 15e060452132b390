"""Judges measured plates, and keeps what their judgement is based on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from dashboard.quality.imported_tables import ImportStore
from dashboard.quality.measure_settings import (
    AssaySettings,
    AssaySettingsStore,
    channel_keys,
)
from dashboard.quality.medians import MedianStore
from dashboard.quality.suspects import (
    PlateEvidence,
    baselines_from_json,
    baselines_to_json,
    judge,
)
from dashboard.quality.well_value_store import WellValueStore
from hcs.qc import FAILURE_RULES, definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.plates.served import ServedPlate
    from dashboard.projects.roles import RoleStore
    from dashboard.quality.judgement import Judgement
    from dashboard.settings import Settings

_KIND = "baselines"


class Judging:
    """Judgements with baselines that stay where they are until they are renewed.

    Thread safety: that of `Settings`; one plate is judged by one thread at a time.
    """

    def __init__(self, settings: Settings, roles: RoleStore) -> None:
        self._settings = settings
        self._roles = roles
        self.settings = AssaySettingsStore(settings)
        self.imports = ImportStore(settings)
        self.wells = WellValueStore(settings)
        self.medians = MedianStore(settings)

    def basis(self, plate: ServedPlate) -> AssaySettings:
        """Return what the numbers of a plate rest on."""
        return self.settings.view(plate)

    def judge(
        self, plate: str, evidence: PlateEvidence, *, anew: bool = False
    ) -> Judgement:
        """Return what is odd about a plate whose fields have all been measured.

        Parameters
        ----------
        plate
            Id of the plate.
        evidence
            Everything that was measured.
        anew
            Make new baselines instead of using those that were kept.
        """
        view = self._roles.view(evidence.overview)
        roles = {
            well.path: view.wells[well.label].role
            for well in evidence.overview.wells
            if well.label in view.wells
        }
        signature = _signature(roles, evidence)
        stored = None if anew else self._settings.get(_KIND, plate)
        baselines = None
        if isinstance(stored, dict) and stored.get("signature") == signature:
            baselines = baselines_from_json(stored.get("baselines"))
        evidence = replace(evidence, others=self.medians.others(plate, evidence))
        judgement, used = judge(evidence, roles, baselines)
        location = evidence.overview.location
        judgement = replace(judgement, plates=self.medians.number(plate, location))
        self.medians.note(plate, evidence, judgement)
        if baselines is None:
            value = {"signature": signature, "baselines": baselines_to_json(used)}
            self._settings.put(value, _KIND, plate)
        return judgement


def _signature(roles: Mapping[str, str | None], evidence: PlateEvidence) -> str:
    """Return what changes where kept baselines say nothing any more."""
    basis = evidence.basis
    metrics = [
        [definition(rule.metric).key, rule.relative or ""] for rule in FAILURE_RULES
    ]
    clips = sorted((channel, clip.level) for channel, clip in basis.clips.items())
    parts = [metrics, sorted(roles.items()), basis.nuclear, clips]
    keys = channel_keys(evidence.channels)
    if any(keys[channel.index] != channel.name for channel in evidence.channels):
        # Baselines of before are those of all channels of a name together.
        parts.append(list(keys.values()))
    text = json.dumps(parts)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
