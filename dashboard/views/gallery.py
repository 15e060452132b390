"""The fields of the chosen well as thumbnails."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.addresses import sprite_columns
from dashboard.pictures.well_sprites import cell_side, thumbnail_side
from dashboard.state import ORDERS
from dashboard.text import plain_text
from dashboard.views.display import drawn
from dashboard.views.field_order import FieldOrder, field_value, shown_fields
from dashboard.views.field_picture import address_plane, extent
from dashboard.views.island import Island, Message, Part, index_of, text_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from dashboard.plates.values import FieldState, PlateOverview, WellState, WellView
    from dashboard.session import Session
    from dashboard.state import ViewState
    from dashboard.views.snapshot import Snapshot


class GalleryIsland(Island):
    """See ``assets/pixels/gallery.js``."""

    module = "pixels/gallery.js"
    fetches = True


class Gallery(Part):
    """Shows all fields of a well; a click opens one."""

    def __init__(
        self, session: Session, *, on_open: Callable[[str, int | None], object]
    ) -> None:
        super().__init__(session, GalleryIsland())
        self.component.on(
            "open", lambda message: on_open(*_field(message)), asks=Act.LOOK
        )
        self.component.on("order", self._order, asks=Act.LOOK)

    def _order(self, message: Message) -> None:
        order = text_of(message, "order", 10)
        if order in ORDERS:
            self._session.state.update(order=order)

    def draw(self, now: Snapshot) -> None:
        """Show the well, also while it is being read or cannot be."""
        state = now.state
        if now.overview is None or not state.well:
            return
        well_state = now.overview.well(state.well)
        # Behind the plate's pictures no field is drawn: nobody sees it, nor judges it.
        hidden = now.stage == "canvas"
        well = None if now.loading or hidden else now.well
        order = shown_fields(now) if well else FieldOrder()
        fields = self._fields(now, well, order) if well else []
        across, unit = next(
            (extent(field) for field in order.fields if not field.error), (0.0, "")
        )
        empty, hint = _empty(well_state)
        error = well.error if well else None
        if well_state is None or well_state.state in ("not_acquired", "pending"):
            # That such a well has no document is no fault of anybody.
            error = None
        self.component.put(
            {
                "plate": state.plate,
                "well": plain_text(state.well, 20),
                "loading": now.loading or hidden,
                "digest": well.digest if well else "",
                "error": plain_text(error) if error else "",
                "strip": now.stage in ("field", "compare"),
                "summary": _summary(well_state, len(fields)),
                "conditions": [
                    (plain_text(name, 60), plain_text(text, 120))
                    for name, text in (well_state.conditions if well_state else ())
                ],
                "fields": fields,
                "places": order.places,
                "order": state.order,
                "basis": order.basis,
                "across": across,
                "unit": unit,
                "empty": empty,
                "hint": "" if self._session.reason_against(Act.STAGE) else hint,
            }
        )

    def _fields(
        self, now: Snapshot, well: WellView, order: FieldOrder
    ) -> list[dict[str, Any]]:
        fields = order.fields
        overview, cell = now.overview, cell_side(fields)
        if overview is None or not overview.channels:
            pictures = [_Picture("") for _ in fields]
        elif cell and now.previewed and _in_the_middle(now.state):
            pictures = self._together(now, overview, well, fields, cell)
        else:
            size = thumbnail_side(len(fields))
            pictures = [
                self._alone(now, overview, well, field, size) for field in fields
            ]
        return [
            self._thumb(now, field, picture)
            for field, picture in zip(fields, pictures, strict=True)
        ]

    def _together(
        self,
        now: Snapshot,
        overview: PlateOverview,
        well: WellView,
        fields: Sequence[FieldState],
        size: int,
    ) -> list[_Picture]:
        """Return the fields' places on one picture: one request, nine times as fast."""
        names = [field.name for field in well.fields]
        if len(fields) < len(names):
            names = [name for name in names if name in {field.name for field in fields}]
        url = self._session.urls.well_sprite(
            now.state.plate,
            well.label,
            well.digest,
            size=size,
            channels=drawn(overview.channels, now.state),
            fields=names if len(names) < len(well.fields) else (),
        )
        columns = sprite_columns(len(names))
        rows = math.ceil(len(names) / columns)
        places = {name: divmod(at, columns) for at, name in enumerate(names)}
        return [
            _Picture(url, (*places[field.name][::-1], columns, rows))
            for field in fields
        ]

    def _alone(
        self,
        now: Snapshot,
        overview: PlateOverview,
        well: WellView,
        field: FieldState,
        size: int,
    ) -> _Picture:
        # An old link may ask for a plane that this field does not have.
        z, t = address_plane(field, now.state)
        return _Picture(
            self._session.urls.thumb(
                now.state.plate,
                well.label,
                field.name,
                field.version,
                size=size,
                channels=drawn(overview.channels, now.state),
                z=None if now.state.projection else z,
                t=t,
                projection=now.state.projection if field.size("z") > 1 else "",
            )
        )

    def _thumb(
        self, now: Snapshot, field: FieldState, picture: _Picture
    ) -> dict[str, Any]:
        several = now.overview is not None and len(now.overview.acquisitions) > 1
        return {
            "name": field.name,
            "label": plain_text(field.words, 60),
            "acquisition": field.acquisition,
            "acquisition_name": plain_text(field.acquisition_name, 60)
            if several
            else "",
            "version": field.version,
            "thumb": "" if field.error else picture.url,
            "cell": picture.cell,
            "error": plain_text(field.error) if field.error else "",
            "corrected": field.corrected,
            "selected": now.field is field,
            "value": field_value(now, field),
            "metric": plain_text(now.values.metric.title, 80) if now.values else "",
        }


@dataclass(frozen=True, slots=True)
class _Picture:
    """Where the browser finds a field's picture."""

    url: str
    cell: tuple[int, int, int, int] | None = None
    """Column and row on it, and how many of them it has; None where it is the whole."""


def _in_the_middle(state: ViewState) -> bool:
    """Whether fields are shown at the plane that their previews are made of."""
    return state.z is None and state.t is None and not state.projection


def _field(message: Message) -> tuple[str, int | None]:
    return text_of(message, "field", 200), index_of(message, "acquisition")


def _summary(well_state: WellState | None, count: int) -> str:
    if well_state is None or well_state.state != "present":
        return ""
    expected = well_state.expected_fields
    of = f"{count} of {expected}" if expected and expected != count else str(count)
    return f"{of} field" if of == "1" else f"{of} fields"


def _empty(well_state: WellState | None) -> tuple[str, str]:
    """Return what to say of a well without fields, and what can be done."""
    if well_state is None:
        return "", ""
    words = {
        "not_acquired": "This well was not acquired.",
        "pending": "This well has not been written yet.",
        "missing": "The plate lists this well, but nothing is there.",
        "unreadable": "This well cannot be read.",
        "present": "This well has no field.",
    }
    hint = "" if well_state.state == "pending" else "Add a field in the panel Correct."
    return words[well_state.state], hint
