"""Which handler answers which address: the one table of all routes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from dashboard.addresses import Urls
from dashboard.readiness import ReadinessChecks
from dashboard.web.admin import ADMIN, END_SESSION, AdminHandler, EndSessionHandler
from dashboard.web.assets import AssetHandler
from dashboard.web.canvas import PreviewsHandler, WellsHandler
from dashboard.web.design import DESIGN, DesignHandler
from dashboard.web.exports import (
    FILES,
    PENDING,
    ExportHandler,
    PendingExportHandler,
)
from dashboard.web.pages import (
    HealthHandler,
    LeaveHandler,
    MetricsHandler,
    ReadyHandler,
    VisitorHandler,
)
from dashboard.web.pictures import (
    FieldHandler,
    PendingHandler,
    PlateSpriteHandler,
    StagedHandler,
    WellSpriteHandler,
)
from dashboard.web.saving import SavingHandler
from dashboard.web.uploads import UploadHandler, UploadsHandler

if TYPE_CHECKING:
    from pathlib import Path

    from tornado.web import RequestHandler

    from dashboard.accounts import Entrance
    from dashboard.monitoring import Monitoring
    from dashboard.service import Service

Route = tuple[str, type["RequestHandler"], dict[str, Any]]


def routes(
    service: Service,
    entrance: Entrance,
    *,
    assets: Path,
    monitoring: Monitoring,
    prefix: str = "",
    design: bool = False,
) -> list[Route]:
    """Return the patterns for Tornado, without prefix.

    Parameters
    ----------
    service
        Answers them; a read-only one gets no route that writes.
    entrance
        Tells who a request comes from, and has the pages of people.
    assets
        Folder of scripts and styles.
    monitoring
        Counts answers.
    prefix
        Path below which everything is served, for addresses in answers.
    design
        Whether the components of the page are shown to who develops it.
    """
    name = r"([^/]+)"
    field = rf"/pixels/{name}/{name}/{name}/{name}"
    asks: dict[str, Any] = {"service": service, "identify": entrance.identify}
    spells = {**asks, "urls": Urls(prefix)}
    people = {"service": service, "entrance": entrance, "prefix": prefix}
    patterns: list[Route] = [
        (rf"/pixels/{name}/wells\.json", WellsHandler, spells),
        (rf"/pixels/{name}/previews\.json", PreviewsHandler, spells),
        (
            rf"/pixels/staged/{name}/(plane\.bin|field\.jpg|thumb\.jpg)",
            StagedHandler,
            asks,
        ),
        (
            rf"/pixels/{name}/pending/{name}/(plane\.bin|field\.jpg|thumb\.jpg)",
            PendingHandler,
            asks,
        ),
        (rf"/pixels/{name}/plate\.jpg", PlateSpriteHandler, asks),
        (rf"/pixels/{name}/{name}/sprite\.jpg", WellSpriteHandler, asks),
        (
            rf"{field}/(thumb\.jpg|field\.jpg|plane\.bin|label\.bin)",
            FieldHandler,
            asks,
        ),
        (rf"{field}/(field\.png|planes\.tif)", SavingHandler, asks),
        (rf"/export/{name}/{re.escape(PENDING)}", PendingExportHandler, asks),
        (
            rf"/export/{name}/({FILES})",
            ExportHandler,
            asks,
        ),
        (r"/health", HealthHandler, asks),
        (r"/ready", ReadyHandler, {**asks, "looks": ReadinessChecks(service)}),
        (r"/metrics", MetricsHandler, {**asks, "monitoring": monitoring}),
        (r"/leave", LeaveHandler, asks),
        (r"/visitor\.json", VisitorHandler, asks),
        (ADMIN, AdminHandler, people),
        (END_SESSION, EndSessionHandler, people),
        (r"/assets/([A-Za-z0-9._/-]+)", AssetHandler, {"folder": assets}),
    ]
    if not service.read_only:
        patterns += [
            (r"/uploads", UploadsHandler, spells),
            (r"/uploads/([A-Za-z0-9_-]+)", UploadHandler, asks),
        ]
    if design:
        patterns.append((DESIGN, DesignHandler, {**asks, "folder": assets}))
    return [*patterns, *entrance.routes]
