"""HTTP for the plate canvas: which pictures there are, and how far previews are."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from dashboard.access import Act
from dashboard.addresses import SPRITE_CELL, sprite_columns
from dashboard.pictures.mosaic import arrange
from dashboard.pictures.rendering import box_in_sprite, fitted
from dashboard.text import plain_text
from dashboard.web.handler import Handler

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.accounts import Identify
    from dashboard.addresses import Urls
    from dashboard.plates.values import FieldState, WellView
    from dashboard.service import Service

MOST_WELLS = 64
"""Wells that one request may ask for."""


class JsonHandler(Handler):
    """Answers with JSON that is never kept."""

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, urls: Urls
    ) -> None:
        """Take the service, who asks, and the spelling of addresses."""
        super().initialize(service, identify)
        self.urls = urls

    async def answer(self, make: Callable[[], dict[str, Any]]) -> None:
        """Send what `make` returns, made in a thread."""
        content = await self.made(make)
        if content is None:
            return
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps(content, allow_nan=False, separators=(",", ":")))


class WellsHandler(JsonHandler):
    """Where the fields of some wells stand, and what their pictures are called."""

    asks = Act.LOOK

    async def get(self, plate: str) -> None:
        """Answer for the wells of the query; an unreadable one says why."""
        labels = self.get_query_arguments("well", strip=False)[:MOST_WELLS]
        acquisition = self.number("acquisition")
        await self.answer(
            lambda: {
                label: describe(
                    self.urls,
                    plate,
                    self.service.plates.well(plate, label),
                    acquisition,
                )
                for label in labels
            }
        )


class PreviewsHandler(JsonHandler):
    """How far the previews of a plate are, and how full the caches."""

    asks = Act.LOOK

    async def get(self, plate: str) -> None:
        """Answer from memory."""
        await self.answer(
            lambda: {
                **asdict(self.service.previews.progress(plate)),
                "stopped": self.service.previews.stopped(plate),
                "caches": [asdict(fill) for fill in self.service.previews.caches()],
            }
        )


def describe(
    urls: Urls, plate: str, well: WellView, acquisition: int | None
) -> dict[str, Any]:
    """Return a well's fields with their places, those of an acquisition if one is."""
    fields = [
        field
        for field in well.fields
        if acquisition is None or (field.acquisition or 0) == acquisition
    ]
    mosaic = arrange(fields) if fields else None
    names = [field.name for field in fields] if len(fields) < len(well.fields) else []
    return {
        "error": plain_text(well.error) if well.error else "",
        "digest": well.digest,
        "staged": bool(mosaic and mosaic.staged),
        "sprite": urls.well_sprite(
            plate, well.label, well.digest, size=SPRITE_CELL, channels=(), fields=names
        ),
        "fields": [
            {
                **_field(urls, plate, well.label, field),
                "box": box,
                "cell": _cell(field, index, sprite_columns(len(fields))),
            }
            for index, (field, box) in enumerate(
                zip(fields, mosaic.boxes if mosaic else (), strict=True)
            )
        ],
    }


def _cell(field: FieldState, index: int, columns: int) -> tuple[int, int, int, int]:
    """Return where a field's picture is in the sprite: left, top, width, height."""
    if field.error is not None or not {"y", "x"} <= set(field.axes):
        return box_in_sprite(index, columns, SPRITE_CELL, SPRITE_CELL, SPRITE_CELL)
    x, y = field.axes.index("x"), field.axes.index("y")
    width, height = fitted(field.shape[x], field.shape[y], SPRITE_CELL)
    return box_in_sprite(index, columns, SPRITE_CELL, width, height)


def _field(urls: Urls, plate: str, well: str, field: FieldState) -> dict[str, Any]:
    where = (plate, well, field.name, field.version)
    drawable = field.error is None and {"y", "x"} <= set(field.axes)
    about: dict[str, Any] = {
        "name": field.name,
        "label": plain_text(field.words, 60),
        "acquisition": field.acquisition,
        "version": field.version,
        "error": plain_text(field.error) if field.error else "",
    }
    if not drawable:
        return {**about, "error": about["error"] or "It has no y and x."}
    y, x = field.axes.index("y"), field.axes.index("x")
    return {
        **about,
        "dtype": field.dtype,
        "channels": field.size("c"),
        "levels": [(level.shape[x], level.shape[y]) for level in field.levels]
        or [(field.shape[x], field.shape[y])],
        "plane": urls.plane(*where, level=0, channel=0),
        "picture": urls.picture(*where, level=0, channels=()),
    }
