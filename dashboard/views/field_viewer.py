"""The field viewer: one field at full resolution."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.pictures.projection import PROJECTIONS
from dashboard.text import plain_text
from dashboard.views.control_field import ControlField
from dashboard.views.field_order import shown_fields
from dashboard.views.field_picture import blank, picture_content, shown_plane
from dashboard.views.island import Island, Message, Part, index_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import FieldState
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

    def __init__(
        self,
        session: Session,
        *,
        once_read: Callable[[Callable[[], object]], object],
    ) -> None:
        super().__init__(session, FieldViewerIsland())
        self.component.on(
            "close", lambda _: session.state.update(field=""), asks=Act.LOOK
        )
        self.component.on(
            "field",
            lambda message: once_read(lambda: self._step(message)),
            asks=Act.LOOK,
        )
        self.component.on("axis", self._axis, asks=Act.LOOK)
        self.component.on("projection", self._project, asks=Act.LOOK)
        self.component.on("outlines", self._outline, asks=Act.LOOK)
        self.component.on("control", self._compare, asks=Act.LOOK)
        self._control = ControlField(session, self._field, self._redraw)

    def _step(self, message: Message) -> None:
        now = self._now
        if now is None or now.well is None or message.get("step") not in (-1, 1):
            return
        fields = shown_fields(now).fields
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

    def _compare(self, message: Message) -> None:
        """Show the next control beside the field, a chosen one, or none any more."""
        now = self._now
        if now is None or now.well is None or now.stage not in ("well", "field"):
            return
        if message.get("close") is True:
            self._session.state.update(control="")
            return
        control = self._control.following(now, text_of(message, "well", 20))
        readable = [field for field in shown_fields(now).fields if field.error is None]
        first = readable[0].name if readable else ""
        self._session.state.update(control=control, field=now.state.field or first)

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
                "field": self._field(now, state.well, field)
                if field
                else _unknown(state),
                "control": self._control.content(now),
                "z": z,
                "t": t,
                "projection": state.projection if field and field.size("z") > 1 else "",
                "outlines": self._outlines(field, state),
                "ack": self.component.last_message,
            }
        )

    def _outlines(self, field: FieldState | None, state: ViewState) -> dict[str, Any]:
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

    def _field(self, now: Snapshot, well: str, field: FieldState) -> dict[str, Any]:
        where = (now.state.plate, well, field.name, field.version)
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


def _unknown(state: ViewState) -> dict[str, Any]:
    text = f"Well {state.well} has no field {state.field}."
    return {**blank(state.field, state.field), "error": plain_text(text)}
