"""What a project's measuring and judging rest on: proposed, shown, changed by people.

The nuclear channel, the counts at which each camera saturates, and the cut-offs of
suspicion. All are kept by the names of channels, so they hold for every plate of the
project whatever order its channels have; see `channel_keys` for channels of one name.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from dashboard.errors import RefusedError
from dashboard.settings import project_of
from dashboard.text import plain_text
from hcs.metadata import distinct_names
from hcs.qc import (
    FAILURE_RULES,
    Clip,
    definition,
    imported_clips,
    propose_channel,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from dashboard.plates.served import ServedPlate
    from dashboard.plates.values import ChannelDisplay
    from dashboard.settings import Settings

_KIND = "basis"

Cut = tuple[float | None, float | None]
"""Below the first or above the second a field is suspect; None: no cut on that side."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AssaySettings:
    """What one plate's numbers rest on."""

    nuclear: int | None = None
    """Index of the nuclear channel; None waits for a choice."""

    nuclear_chosen: bool = False
    """A person chose it for the project; else it is proposed from the name."""

    clips: Mapping[int, Clip] = field(default_factory=dict)
    """What a person or the import says, by channel; pile-up decides for the others."""

    cuts: Mapping[str, Cut] = field(default_factory=dict)
    """Cut-offs that people set, by metric of the page."""

    limits: Mapping[str, float] = field(default_factory=dict)
    """Values that are suspect whatever a plate is like, by id of the definition, where
    people set others than ours."""

    @property
    def reference(self) -> int:
        """The channel that others are compared with."""
        return 0 if self.nuclear is None else self.nuclear


def proposed(channels: Sequence[ChannelDisplay]) -> AssaySettings:
    """Return what is taken where nobody has said anything."""
    index = propose_channel([channel.name for channel in channels])
    return AssaySettings(nuclear=None if index is None else channels[index].index)


class AssaySettingsStore:
    """What projects rest on, in the workspace."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def view(self, plate: ServedPlate) -> AssaySettings:
        """Return what the numbers of a plate rest on."""
        stored = self._stored(plate.overview().location)
        imported = {
            name: Clip(level, "from the import")
            for name, level in imported_clips(plate.plate).items()
        }
        return basis_of(stored, plate.channels, imported)

    def keep_nuclear(self, plate: ServedPlate, channel: int | None) -> None:
        """Keep the nuclear channel for the project; None returns to the proposal."""
        name = None if channel is None else channel_keys(plate.channels).get(channel)
        now = {} if name is None else {"name": name}
        self._keep(plate, "nuclear", lambda _: now)

    def keep_clip(self, plate: ServedPlate, channel: int, level: float | None) -> None:
        """Keep the counts at which a channel's camera saturates; None takes it back."""
        name = channel_keys(plate.channels).get(channel)
        if name is None or not (level is None or (math.isfinite(level) and level > 0)):
            return
        plain = _name_of(plate.channels, channel)
        self._keep(plate, "clips", lambda levels: _changed(levels, name, plain, level))

    def keep_cut(self, plate: ServedPlate, metric: str, cut: Cut | None) -> None:
        """Keep the cut-offs of a metric of the page; None takes them back."""
        key = _cut_key(metric, channel_keys(plate.channels))
        if key is None or any(
            limit is not None and not math.isfinite(limit) for limit in cut or ()
        ):
            return
        id, _, index = metric.rpartition(".")
        plain = f"{id}|{_name_of(plate.channels, int(index))}"
        value = None if cut is None else list(cut)
        self._keep(plate, "cuts", lambda cuts: _changed(cuts, key, plain, value))

    def keep_limit(self, plate: ServedPlate, metric: str, limit: float | None) -> None:
        """Keep from where on a kind of failure is suspect on any plate of the project.

        Parameters
        ----------
        plate
            One of the project.
        metric
            Id of a definition in `LIMITED`.
        limit
            In the metric's unit; None returns to ours.

        Raises
        ------
        RefusedError
            If the metric has no limit, or can never reach this one.
        """
        if metric not in LIMITED:
            raise RefusedError(
                f"{plain_text(metric, 60)} has no limit of its own; "
                f"{', '.join(LIMITED)} have one."
            )
        if limit is not None and not is_limit(metric, limit):
            entry = definition(metric)
            raise RefusedError(
                f"{entry.title} cannot have a limit of {limit:g}; give a number above 0"
                + (f" and up to {entry.high:g}." if entry.high is not None else ".")
            )
        now = {} if limit is None else {metric: limit}
        self._keep(plate, "limits", lambda before: _without(before, metric) | now)

    def _stored(self, location: str) -> Any:
        return self._settings.get(_KIND, project_of(location))

    def _keep(
        self,
        plate: ServedPlate,
        part: str,
        make: Callable[[dict[str, Any]], dict[str, Any]],
    ) -> None:
        def changed(stored: Any) -> dict[str, Any]:
            before = stored if isinstance(stored, dict) else {}
            return before | {part: make(_part(stored, part))}

        project = project_of(plate.overview().location)
        self._settings.change(changed, _KIND, project)


def basis_of(
    stored: Any,
    channels: Sequence[ChannelDisplay],
    imported: Mapping[str, Clip] | None = None,
) -> AssaySettings:
    """Return what kept settings mean for the channels of one plate."""
    keys = channel_keys(channels)
    nuclear_name = _part(stored, "nuclear").get("name")
    nuclear = next(
        (
            channel.index
            for channel in channels
            if nuclear_name in (keys[channel.index], channel.name)
        ),
        None,
    )
    levels, limits = _part(stored, "clips"), _cuts_by_channel(stored)
    clips, cuts = {}, {}
    for channel in channels:
        key = keys[channel.index]
        # What was kept before channels of one name had keys holds for all of them.
        level = levels.get(key, levels.get(channel.name))
        if isinstance(level, int | float):
            clips[channel.index] = Clip(float(level), "set for this project")
        elif key in (imported or {}):
            clips[channel.index] = (imported or {})[key]
        own = limits.get(channel.name, {}) | limits.get(key, {})
        for metric, cut in own.items():
            if isinstance(cut, list) and len(cut) == 2:
                cuts[f"{metric}.{channel.index}"] = (_number(cut[0]), _number(cut[1]))
    return AssaySettings(
        nuclear=proposed(channels).nuclear if nuclear is None else nuclear,
        nuclear_chosen=nuclear is not None,
        clips=clips,
        cuts=cuts,
        limits={
            metric: float(limit)
            for metric, limit in _part(stored, "limits").items()
            if metric in LIMITED and is_limit(metric, limit)
        },
    )


LIMITED = tuple(rule.metric for rule in FAILURE_RULES if rule.limit is not None)
"""Metrics that mean something without neighbours, and so have a limit."""


def is_limit(metric: str, limit: object) -> bool:
    """Return whether a metric can have this limit: above 0, and within its range."""
    number, most = _number(limit), definition(metric).high
    return number is not None and number > 0 and (most is None or number <= most)


def library_settings(plate: ServedPlate, basis: AssaySettings) -> dict[str, Any]:
    """Return a basis in the names by which the library measures a plate."""
    names = library_names(plate.channels)
    return {
        "clips": {names[index]: clip.level for index, clip in basis.clips.items()},
        "nuclear": None if basis.nuclear is None else names[basis.nuclear],
    }


def library_names(channels: Sequence[ChannelDisplay]) -> dict[int, str]:
    """Return the channels' names in the library and in files, by index."""
    names = distinct_names(map(_library_name, channels))
    return {channel.index: name for channel, name in zip(channels, names, strict=True)}


def _library_name(channel: ChannelDisplay) -> str:
    """Return what the library calls a channel: one without a name, by its position."""
    unnamed = channel.name == f"channel {channel.index}"
    return str(channel.index) if unnamed else channel.name


def channel_keys(channels: Sequence[ChannelDisplay]) -> dict[int, str]:
    """Return what each channel is known by, by its index: its name, never twice.

    Results and settings are kept by these, as two channels may have one name.
    """
    keys = distinct_names(channel.name for channel in channels)
    return {channel.index: key for channel, key in zip(channels, keys, strict=True)}


def _name_of(channels: Sequence[ChannelDisplay], index: int) -> str:
    return next(channel.name for channel in channels if channel.index == index)


def _cuts_by_channel(stored: Any) -> dict[str, dict[str, Any]]:
    """Return stored cut-offs by channel, then metric; the keys are metric|channel."""
    cuts: dict[str, dict[str, Any]] = {}
    for key, cut in _part(stored, "cuts").items():
        metric, _, name = key.partition("|")
        cuts.setdefault(name, {})[metric] = cut
    return cuts


def _cut_key(metric: str, names: Mapping[int, str]) -> str | None:
    id, _, index = metric.rpartition(".")
    name = names.get(int(index)) if index.isascii() and index.isdigit() else None
    return None if name is None else f"{id}|{name}"


def _changed(
    values: Mapping[str, Any], key: str, plain: str, value: Any
) -> dict[str, Any]:
    """Return settings with another value for a channel; None takes it back.

    Where a value was kept for all channels of its name, None is noted: else that one
    would hold again.
    """
    rest = _without(values, key)
    noted = value is not None or (plain != key and plain in rest)
    return rest | {key: value} if noted else rest


def _without(values: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in values.items() if key != name}


def _part(stored: Any, name: str) -> dict[str, Any]:
    part = stored.get(name) if isinstance(stored, dict) else None
    return part if isinstance(part, dict) else {}


def _number(value: Any) -> float | None:
    known = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if known and math.isfinite(value) else None
