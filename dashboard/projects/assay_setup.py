"""What people decide about how the plates of a project are measured and judged."""

from __future__ import annotations

import operator
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from dashboard.errors import RefusedError
from dashboard.projects.plate_maps import (
    PlateMapStore,
    barcodes_of,
    format_of,
)
from dashboard.settings import project_of
from hcs.errors import HCSError
from hcs.tables import map_plates, plate_map_table

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager

    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.plate_maps import MapPreview
    from dashboard.projects.roles import RoleStore
    from dashboard.quality.judging import Judging
    from dashboard.quality.measure_settings import AssaySettings, Cut
    from dashboard.quality.measuring import Measuring
    from dashboard.settings import Settings
    from hcs.qc import Clip, RoleMapping
    from hcs.tables import Sources


_FRESH_SECONDS = 0.5
"""What another server has changed is asked for so often, at most."""


class _Applied(NamedTuple):
    """To which plate a map was applied, how settings were then, and when."""

    plate: ServedPlate
    stamp: int | None
    moment: float


@dataclass(frozen=True, slots=True, kw_only=True)
class AssaySettingsView:
    """What the numbers of a plate rest on, with where each is from."""

    basis: AssaySettings
    clips: dict[int, Clip]
    """By channel: given, or seen over the plate, or unknown with the reason."""


class AssaySetup:
    """Keeps choices, and has what depends on them measured or judged again.

    Parameters
    ----------
    plates, measuring, judging
        What the choices are about.
    changing
        Makes what a block keeps of plates, by their keys, one transaction; raises where
        nothing may be written.
    settings, roles
        Where plate maps, and what they mean, are kept.
    hides
        Whether nobody may know what is in a plate's wells now.
    """

    def __init__(
        self,
        plates: Plates,
        measuring: Measuring,
        judging: Judging,
        changing: Callable[..., AbstractContextManager[None]],
        *,
        settings: Settings,
        roles: RoleStore,
        hides: Callable[[str], bool],
    ) -> None:
        self._plates = plates
        self._measuring = measuring
        self._judging = judging
        self._changing = changing
        self._roles = roles
        self._hides = hides
        self._settings = settings
        self._marks: dict[str, tuple[object, ...]] = {}
        self._applied: dict[str, _Applied] = {}
        self.maps = PlateMapStore(settings, roles)

    def basis(self, key: str) -> AssaySettingsView:
        """Return what the numbers of a plate rest on (fast)."""
        plate = self._plates.get(key)
        return AssaySettingsView(
            basis=self._judging.basis(plate), clips=self._measuring.clips(plate)
        )

    def keep_nuclear(self, key: str, channel: int | None) -> None:
        """Keep the nuclear channel for the project; None returns to the proposal."""
        plate = self._plates.get(key)
        with self._changing(key):
            self._judging.settings.keep_nuclear(plate, channel)
        self._measure_again(plate)

    def keep_clip(self, key: str, channel: int, level: float | None) -> None:
        """Keep at which counts a channel's camera saturates; None takes it back.

        Raises
        ------
        RefusedError
            If it is no positive number.
        """
        if level is not None and not 0 < level < float("inf"):
            raise RefusedError(
                f"A clip level must be above 0, not {level}; give a number of counts."
            )
        plate = self._plates.get(key)
        with self._changing(key):
            self._judging.settings.keep_clip(plate, channel, level)
        self._measure_again(plate)

    def keep_cut(self, key: str, metric: str, cut: Cut | None) -> None:
        """Keep the cut-offs of a metric for the project; None returns to ours."""
        plate = self._plates.get(key)
        with self._changing(key):
            self._judging.settings.keep_cut(plate, metric, cut)
        self._judge_again(plate)

    def keep_limit(self, key: str, metric: str, limit: float | None) -> None:
        """Keep a limit of the project, see `AssaySettingsStore.keep_limit`."""
        plate = self._plates.get(key)
        with self._changing(key):
            self._judging.settings.keep_limit(plate, metric, limit)
        self._judge_again(plate)

    # --- plate maps -------------------------------------------------------------------

    def apply_plate_map(self, plate: ServedPlate) -> None:
        """Give a plate what people said of its wells (fast).

        Everything that is asked of a plate asks for this first.
        """
        stamp, moment = self._settings.stamp, time.monotonic()
        applied = self._applied.get(plate.key)
        if (
            applied is not None
            and stamp is not None
            and (applied.plate, applied.stamp) == (plate, stamp)
            and moment - applied.moment <= _FRESH_SECONDS
        ):
            return
        self._applied[plate.key] = _Applied(plate, stamp, moment)
        try:
            mark = self.maps.mark(plate)
            before = self._marks.get(plate.key, ())
            # The settings hand out the same objects until they are read again.
            if len(before) == len(mark) and all(map(operator.is_, before, mark)):
                return
            plate.apply_plate_map(self.maps.conditions(plate))
            self._marks[plate.key] = mark
        except HCSError:
            # Of a plate that cannot be opened there is nothing to say.
            return

    def typed(self, key: str) -> dict[str, str]:
        """Return the typed pattern of each role, none while they are hidden (fast)."""
        if self._hides(key):
            return {}
        return self.maps.typed(self._plates.get(key))

    def map_source(self, key: str) -> dict[str, str]:
        """Return file, person and time of the given map, none while hidden (fast)."""
        if self._hides(key):
            return {}
        return self.maps.source(self._plates.get(key))

    def preview_map(
        self,
        key: str,
        data: Sources,
        name: str,
        barcode: str = "",
        part: str | None = None,
    ) -> MapPreview:
        """Return what a plate map would say; nothing is kept."""
        return self.maps.preview(self._plates.get(key), data, name, barcode, part)

    def keep_map(
        self,
        key: str,
        data: Sources,
        name: str,
        *,
        part: str | None = None,
        barcode: str,
        mapping: RoleMapping,
        others: bool,
        who: str,
    ) -> int:
        """Keep a plate map, and what its columns mean; return how many plates have it.

        Parameters
        ----------
        key
            The plate.
        data, name
            The file, or several; see `hcs.tables.plate_map_table`.
        part
            Sheet, or table of a database.
        barcode
            Whose rows are the plate's, where the map is of several plates.
        mapping
            What the columns mean.
        others
            Give it to the project's other plates too: each its own rows by barcode,
            or all the same where the map names no plates.
        who
            Who says so.
        """
        plate = self._plates.get(key)
        # Once: a map of many plates is read for each of them.
        table = plate_map_table(data, name=name, part=part)
        barcodes = {code.casefold().strip(): code for code in map_plates(table)}
        targets = [(plate, barcode)]
        if others:
            for other in self._project(plate):
                if other is not plate and barcodes:
                    here = barcodes_of(other.overview()) & barcodes.keys()
                    targets += [(other, barcodes[code]) for code in sorted(here)[:1]]
                elif other is not plate and _same_grid(other, plate):
                    targets.append((other, ""))
        columns = self.maps.preview(plate, table, name, barcode).roles.columns
        with self._changing(*(target.key for target, _ in targets)):
            for target, own in targets:
                self.maps.keep(target, table, name, own, who)
            self._roles.keep(plate.overview(), mapping, columns)
        for target, _ in targets:
            self.apply_plate_map(target)
            self._roles_changed(target)
        return len(targets)

    def forget_map(self, key: str) -> None:
        """Return to the plate map that came with the plate."""
        plate = self._plates.get(key)
        with self._changing(key):
            self.maps.forget(plate)
        self.apply_plate_map(plate)
        self._roles_changed(plate)

    def keep_typed(self, key: str, patterns: Mapping[str, str]) -> None:
        """Keep patterns of controls for the project's plates of this format.

        Raises
        ------
        RefusedError
            If a blind review hides them: who sees none would take them all back.
        """
        plate = self._plates.get(key)
        if self._hides(key):
            raise RefusedError(
                "Control wells are hidden during a blind review; enter them when "
                "it has ended."
            )
        with self._changing(key):
            self.maps.keep_typed(plate, patterns)
        for sibling in self._siblings(plate):
            self.apply_plate_map(sibling)
        self._judge_again(plate)

    def _roles_changed(self, plate: ServedPlate) -> None:
        self._measuring.judge(plate)
        plate.bump()

    def _judge_again(self, plate: ServedPlate) -> None:
        for sibling in self._siblings(plate):
            self._roles_changed(sibling)

    def _measure_again(self, plate: ServedPlate) -> None:
        for sibling in self._siblings(plate):
            self._measuring.start(sibling)
            sibling.bump()

    def _project(self, plate: ServedPlate) -> list[ServedPlate]:
        project = project_of(plate.overview().location)
        return [
            self._plates.get(entry.key)
            for entry in self._plates.entries()
            if entry.error is None and project_of(entry.location) == project
        ]

    def _siblings(self, plate: ServedPlate) -> list[ServedPlate]:
        """Return the plates of the project that somebody has looked at."""
        project = project_of(plate.overview().location)
        known = [
            self._plates.get(entry.key)
            for entry in self._plates.entries()
            if self._measuring.in_memory(entry.key)
        ]
        return [
            plate for plate in known if project_of(plate.overview().location) == project
        ]


def _same_grid(plate: ServedPlate, other: ServedPlate) -> bool:
    return format_of(plate.overview()) == format_of(other.overview())
