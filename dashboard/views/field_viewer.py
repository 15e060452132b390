"""The field viewer: one field at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.pictures.projection import PROJECTIONS
from dashboard.text import plain_text
from dashboard.views.field_order import shown_fields
from dashboard.views.island import Island, Message, Part, index_of, text_of

if TYPE_CHECKING:
    from dashboard.plates.values import FieldView
    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.snapshot import Snapshot


NO_OUTLINES = "-"
"""Said for `ViewState.outlines` where a person wants none."""


class FieldViewerIsland(Island):
    """See ``assets/pixels/field_viewer.js``."""

    module = "pixels/field_viewer.js"


class FieldViewer(Part):
    """Shows the open field, and steps through fields, z and t."""

    def __init__(self, session: Session) -> None:
        super().__init__(session, FieldViewerIsland())
        self.component.on(
            "close", lambda _: session.state.update(field=""), asks=Act.LOOK
        )
        self.component.on("field", self._step, asks=Act.LOOK)
        self.component.on("axis", self._axis, asks=Act.LOOK)
        self.component.on("projection", self._project, asks=Act.LOOK)
        self.component.on("outlines", self._outline, asks=Act.LOOK)

    def _step(self, message: Message) -> None:
        now = self._now
        if now is None or now.well is None or message.get("step") not in (-1, 1):
            return
        fields, _ = shown_fields(now)
        if not fields:
            return
        names = [field.name for field in fields]
        at = names.index(now.state.field) if now.state.field in names else -1
        step = int(message["step"])
        following = fields[(at + step) % len(fields)] if at >= 0 else fields[0]
        self._session.state.update(field=following.name)

    def _axis(self, message: Message) -> None:
        axis, value = text_of(message, "axis", 1), index_of(message, "value")
        if axis not in ("z", "t") or value is None or self._now is None:
            return
        field = self._now.field
        if field is not None and value < field.size(axis):
            self._session.state.update(**{axis: value})

    def _project(self, message: Message) -> None:
        projection = text_of(message, "projection", 10)
        if projection in PROJECTIONS:
            self._session.state.update(projection=projection)

    def _outline(self, message: Message) -> None:
        label = text_of(message, "label", 500)
        field = self._now.field if self._now else None
        if field is not None and (label == NO_OUTLINES or label in field.labels):
            self._session.state.update(outlines=label)

    def draw(self, now: Snapshot) -> None:
        """Show the open field, or say that the address names none."""
        self._now = now
        state = now.state
        if not state.field or now.loading or now.well is None:
            return
        field = now.field
        z, t = shown_plane(field, state)
        self.component.put(
            {
                "well": plain_text(state.well, 20),
                "field": self._field(now, field) if field else _unknown(state),
                "z": z,
                "t": t,
                "projection": state.projection if field and field.size("z") > 1 else "",
                "outlines": self._outlines(field, state),
            }
        )

    def _outlines(self, field: FieldView | None, state: ViewState) -> dict[str, Any]:
        """Return the label images of the field, and where the chosen one is."""
        labels = field.labels if field and field.error is None else ()
        chosen = outlined(labels, state)
        url = ""
        if field is not None and chosen:
            url = self._session.urls.label_plane(
                state.plate,
                state.well,
                field.name,
                field.version,
                label=chosen,
                level=0,
            )
        return {"labels": list(labels), "chosen": chosen or NO_OUTLINES, "mask": url}

    def _field(self, now: Snapshot, field: FieldView) -> dict[str, Any]:
        where = (now.state.plate, now.state.well, field.name, field.version)
        urls = self._session.urls
        several = bool(now.overview and len(now.overview.acquisitions) > 1)
        return {
            **picture_content(field),
            "acquisition": plain_text(field.acquisition_name, 60) if several else "",
            "plane": urls.plane(*where, level=0, channel=0),
            "picture": urls.picture(*where, level=0, channels=()),
            "png": urls.saved(*where, "field.png"),
            "tiff": urls.saved(*where, "planes.tif"),
        }


def outlined(labels: tuple[str, ...], state: ViewState) -> str:
    """Return the label image whose outlines are shown, "" for none.

    The first one unless a person has chosen; one that this field lacks is none.
    """
    if state.outlines == NO_OUTLINES or not labels:
        return ""
    if not state.outlines:
        return labels[0]
    return state.outlines if state.outlines in labels else ""


def shown_plane(field: FieldView | None, state: ViewState) -> tuple[int, int]:
    """Return the z and t that are shown: those of the state, within the field."""
    if field is None:
        return 0, 0
    z = field.size("z") // 2 if state.z is None else state.z
    return min(z, field.size("z") - 1), min(state.t or 0, field.size("t") - 1)


def address_plane(field: FieldView, state: ViewState) -> tuple[int | None, int | None]:
    """Return z and t for the address of a picture of any field of the well.

    They are within the field, and None where they are what None means, so that a
    plane has one address however the person came to it.
    """
    z, t = shown_plane(field, state)
    return (None if z == field.size("z") // 2 else z), (t or None)


def picture_content(field: FieldView) -> dict[str, Any]:
    """Return what a pane needs of a field, addresses apart."""
    plane = [field.axes.index(axis) for axis in "yx" if axis in field.axes]
    error = field.error
    if error is None and len(plane) != 2:
        error = (
            f"It has the axes {', '.join(field.axes) or 'none'}; y and x are needed."
        )
    if error is not None:
        return {**_blank(field.name, field.label), "error": plain_text(error)}
    y, x = plane
    unit = field.units[x] if x < len(field.units) else None
    return {
        **_blank(field.name, field.label),
        "version": field.version,
        "width": field.shape[x],
        "height": field.shape[y],
        "dtype": field.dtype,
        "channels": field.size("c"),
        "levels": [(level.shape[x], level.shape[y]) for level in field.levels]
        or [(field.shape[x], field.shape[y])],
        "pixel": _pair(field.scale, x, y, 1.0),
        "start": _pair(field.translation, x, y, 0.0),
        "unit": plain_text(unit, 20) if unit else "",
        "sizes": {"z": field.size("z"), "t": field.size("t")},
        "corrected": field.corrected,
        "settling": field.settling,
    }


def _pair(values: tuple[float, ...], x: int, y: int, default: float) -> list[float]:
    return [values[at] if at < len(values) else default for at in (x, y)]


def _blank(name: str, label: str) -> dict[str, Any]:
    return {
        "name": name,
        "label": plain_text(label, 60),
        "version": "",
        "acquisition": "",
        "width": 1,
        "height": 1,
        "dtype": "",
        "channels": 0,
        "levels": [(1, 1)],
        "pixel": [1.0, 1.0],
        "start": [0.0, 0.0],
        "unit": "",
        "sizes": {"z": 1, "t": 1},
        "corrected": False,
        "settling": False,
        "error": "",
    }


def _unknown(state: ViewState) -> dict[str, Any]:
    text = f"Well {state.well} has no field {state.field}."
    return {**_blank(state.field, state.field), "error": plain_text(text)}
