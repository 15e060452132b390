"""Judges measured plates, and keeps what their judgement rests on."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from dashboard.quality.basis import Basis, BasisBook
from dashboard.quality.imports import ImportBook
from dashboard.quality.kept_wells import KeptWells
from dashboard.quality.suspects import (
    Evidence,
    Judgement,
    baselines_from_json,
    baselines_to_json,
    judge,
)
from dashboard.settings import project_of
from hcs.qc import FAILURE_RULES, definition

if TYPE_CHECKING:
    from collections.abc import Mapping

    from dashboard.plates.served import ServedPlate
    from dashboard.quality.roles import RoleBook
    from dashboard.settings import Settings

_KIND = "baselines"
_MEDIANS = "medians"

_MOST_PLATES = 200
"""Plates of a project that are remembered; the oldest is forgotten first."""


class Judging:
    """Judgements with baselines that stay where they are until they are renewed.

    Thread safety: that of `Settings`; one plate is judged by one thread at a time.
    """

    def __init__(self, settings: Settings, roles: RoleBook) -> None:
        self._settings = settings
        self._roles = roles
        self.rests = BasisBook(settings)
        self.imports = ImportBook(settings)
        self.wells = KeptWells(settings)

    def basis(self, plate: ServedPlate) -> Basis:
        """Return what the numbers of a plate rest on."""
        return self.rests.view(plate)

    def judge(self, plate: str, evidence: Evidence, *, anew: bool = False) -> Judgement:
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
        signature = _signature(roles, evidence.basis)
        told = None if anew else self._settings.get(_KIND, plate)
        kept = None
        if isinstance(told, dict) and told.get("signature") == signature:
            kept = baselines_from_json(told.get("baselines"))
        evidence = replace(evidence, earlier=self._earlier(plate, evidence))
        judgement, used = judge(evidence, roles, kept)
        self._note_medians(plate, evidence, judgement)
        if kept is None:
            value = {"signature": signature, "baselines": baselines_to_json(used)}
            self._settings.put(value, _KIND, plate)
        return judgement

    def _earlier(
        self, plate: str, evidence: Evidence
    ) -> dict[tuple[str, str], list[float]]:
        """Return the medians of the project's other plates that were measured before.

        Those that came after a plate do not count: its banner must not change because
        of them.
        """
        project = project_of(evidence.overview.location)
        told = self._settings.get(_MEDIANS, project)
        found: dict[tuple[str, str], list[float]] = {}
        for one, medians in (told if isinstance(told, dict) else {}).items():
            if one == plate:
                break
            for metric, channel, median in medians:
                found.setdefault((metric, channel), []).append(float(median))
        return found

    def _note_medians(
        self, plate: str, evidence: Evidence, judgement: Judgement
    ) -> None:
        # A plate that is bad as a whole is nothing to compare others with.
        if judgement.banner:
            return
        project = project_of(evidence.overview.location)
        new = [[*key, median] for key, median in sorted(judgement.medians.items())]
        told = self._settings.get(_MEDIANS, project)
        if isinstance(told, dict) and told.get(plate) == new:
            return

        def change(told: Any) -> dict[str, Any]:
            known = dict(told) if isinstance(told, dict) else {}
            while len(known) >= _MOST_PLATES and plate not in known:
                del known[next(iter(known))]
            return known | {plate: new}

        self._settings.change(change, _MEDIANS, project)


def _signature(roles: Mapping[str, str | None], basis: Basis) -> str:
    """Return what changes where kept baselines say nothing any more."""
    keys = [definition(rule.metric).key for rule in FAILURE_RULES]
    clips = sorted((at, one.level) for at, one in basis.clips.items())
    text = json.dumps([keys, sorted(roles.items()), basis.nuclear, clips])
    return hashlib.sha256(text.encode()).hexdigest()[:16]
