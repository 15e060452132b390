"""The mean of a channel's fields, and what dividing by it would make of one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.quality.metrics import FieldKey
from dashboard.text import plain_text
from dashboard.views.island import Island, Part
from hcs.errors import HCSError
from hcs.wording import counted

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from dashboard.plates.values import FieldState, PlateOverview, WellView
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot
    from hcs.flatfield import FlatField

_METRIC = "background_unevenness"

_FEW = 20
"""Fields below which the mean still shows their cells."""

_SIDE = 32
"""Parts along y and x of a profile that is shown; the mean field has as many."""


class LightIsland(Island):
    """See ``assets/panels/light.js``."""

    module = "panels/light.js"
    rare = True


class LightPanel(Part):
    """Shows how light lies while the plate is coloured by its unevenness."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, LightIsland())

    def draw(self, now: Snapshot) -> None:
        """Show the channel of the metric, and the field that is looked at."""
        name, _, channel = now.state.metric.partition(".")
        if now.overview is None or name != _METRIC or not channel.isdecimal():
            self.component.put({"shown": False})
            return
        self.component.put({"shown": True, **self._content(now, now.overview, channel)})

    def _content(
        self, now: Snapshot, overview: PlateOverview, channel: str
    ) -> dict[str, Any]:
        index = int(channel)
        well, field = self._field(now)
        key = None if well is None or field is None else _key(well, field)
        view = self._session.service.quality.light(overview.key, index, key)
        channels = {listed.index: listed.name for listed in overview.channels}
        name = channels.get(index, channel)
        title = f"Mean of all fields, {plain_text(name, 40)}"
        own = _own_profiles(dict(overview.flat_fields).get(name))
        if view.mean is None:
            note = "Nothing is measured yet." if view.ready else "Being read."
            empty = {"mean": None, "field": None}
            return {"title": title, "note": note, **own, **empty}
        mean = view.mean
        few = " Cells still show in so few." if mean.fields < _FEW else ""
        content: dict[str, Any] = {
            "title": title,
            "note": (
                f"{counted(mean.fields, 'plane')}; {mean.range_percent:.3g} % from the "
                f"darkest to the brightest part.{few}"
            ),
            "mean": _grid(mean.values),
            "field": None,
            **own,
        }
        if well and field and view.field and view.others:
            content["field"] = {
                "name": plain_text(f"{well.label}, {field.words}", 80),
                "before": _grid(view.field.values),
                "after": _grid(view.others.divided(view.field.values)),
            }
        return content

    def _field(self, now: Snapshot) -> tuple[WellView | None, FieldState | None]:
        """Return the open field, else the worst of the well, or of the whole plate."""
        values = {} if now.values is None else now.values.wells
        label = now.state.well or max(
            (name for name, value in values.items() if value.value is not None),
            key=lambda name: values[name].value or 0.0,
            default="",
        )
        if not label or now.loading:
            return None, None
        try:
            well = self._session.service.plates.well(now.state.plate, label)
        except HCSError:
            return None, None
        worst = values[label].field if label in values else None
        names = {now.state.field} if now.state.field else {worst}
        fields = [
            field for field in well.fields if {field.name, field.label} & names
        ] or list(well.fields)
        return well, fields[0] if fields else None


def _own_profiles(field: FlatField | None) -> dict[str, Any]:
    """Return what the microscope itself says of a channel's light."""
    profiles = {} if field is None else field.profiles
    ranges = [
        f"{name} {profile.range_percent:.3g} %" for name, profile in profiles.items()
    ]
    return {
        "own": [
            {"name": name, "grid": _grid(profile.surface((_SIDE, _SIDE)))}
            for name, profile in profiles.items()
        ],
        "own_note": (
            f"The microscope's own flat-field profiles, from the darkest to the "
            f"brightest part: {', '.join(ranges)}. The stored pixels are not corrected "
            f"by them."
            if ranges
            else ""
        ),
    }


def _key(well: WellView, field: FieldState) -> FieldKey:
    return FieldKey(well.path, field.name, field.version)


def _grid(values: NDArray[np.float64]) -> dict[str, Any]:
    """Return cells and both profiles, in counts to four digits."""
    return {
        "cells": [float(f"{value:.4g}") for value in values.ravel()],
        "side": len(values),
        "rows": [float(f"{value:.4g}") for value in values.mean(axis=1)],
        "columns": [float(f"{value:.4g}") for value in values.mean(axis=0)],
    }
