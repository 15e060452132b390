"""What pages say of themselves: that they were closed; and that the server answers."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.monitoring import CONTENT_TYPE
from dashboard.web.handler import Handler
from hcs.errors import HCSError

if TYPE_CHECKING:
    from dashboard.accounts import Identify
    from dashboard.monitoring import Monitoring
    from dashboard.readiness import ReadinessChecks
    from dashboard.service import Service


class LeaveHandler(Handler):
    """Hears that a page was closed."""

    asks = Act.LOOK

    def post(self) -> None:
        """Let the page be present no more; nobody is there to read an answer."""
        try:
            self.service.sessions.leave(self.request.body.decode("latin-1"))
        except HCSError as error:
            self.answer_error(*self.explain(error))
            return
        self.set_status(204)


class HealthHandler(Handler):
    """Says that the server answers."""

    asks = None

    def get(self) -> None:
        """Answer without touching a plate."""
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"status": "ok", "plates": len(self.service.plates)}))

    def post(self) -> None:
        """Answer likewise: a page asks whether what it sends gets through the gate."""
        self.get()


class ReadyHandler(Handler):
    """Says whether the server can do its work; to admins, what is in the way."""

    asks = None

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, looks: ReadinessChecks
    ) -> None:
        """Take also what looks at what a server needs."""
        super().initialize(service, identify)
        self.looks = looks

    async def get(self) -> None:
        """Answer with 200 or 503."""
        # Whoever hangs up takes nothing from others who wait for the same look.
        readiness = await asyncio.shield(asyncio.wrap_future(self.looks.asked()))
        visitor = self.identify(self.request)
        document: dict[str, object] = {"ready": readiness.ready}
        if visitor is not None and not (
            self.service.access.reason_against(visitor, Act.PEOPLE)
        ):
            document["problems"] = dict(readiness.problems)
            document["unreachable_plates"] = list(readiness.absent)
        self.set_status(200 if readiness.ready else 503)
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        await self.finish(json.dumps(document))


class MetricsHandler(Handler):
    """Counts of this server, for Prometheus."""

    asks = Act.PEOPLE

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, monitoring: Monitoring
    ) -> None:
        """Take also what counts."""
        super().initialize(service, identify)
        self.monitoring = monitoring

    def plate_key(self) -> str:
        """Return none: the counts are of the server."""
        return ""

    async def get(self) -> None:
        """Answer in Prometheus' text format."""
        text = await self.made(self.monitoring.text)
        if text is not None:
            self.set_header("Cache-Control", "no-store")
            self.set_header("Content-Type", CONTENT_TYPE)
            await self.finish(text)


class VisitorHandler(Handler):
    """Says who asks: for a page behind a proxy, which is let through or not."""

    asks = Act.LOOK

    def get(self) -> None:
        """Answer with the name and the role."""
        visitor = self.visitor
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"name": visitor.name, "role": visitor.role.label}))
