"""What pages say of themselves: that they were closed; and that the server answers."""

from __future__ import annotations

import json

from dashboard.access import Act
from dashboard.web.handler import Handler
from hcs.errors import HCSError


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


class VisitorHandler(Handler):
    """Says who asks: for a page behind a proxy, which is let through or not."""

    asks = Act.LOOK

    def get(self) -> None:
        """Answer with the name and the role."""
        visitor = self.visitor
        self.set_header("Cache-Control", "no-store")
        self.set_header("Content-Type", "application/json")
        self.finish(json.dumps({"name": visitor.name, "role": visitor.role.label}))
