"""What pages say of themselves: that they were closed; and that the server answers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from dashboard.access import Act
from dashboard.web.handler import Handler, refuse_foreign
from hcs.errors import HCSError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from dashboard.accounts import Identify
    from dashboard.service import Service


class LeaveHandler(Handler):
    """Hears that a page was closed."""

    asks = Act.LOOK

    def initialize(  # type: ignore[override]
        self, service: Service, identify: Identify, origins: Sequence[str]
    ) -> None:
        """Take the service, who asks, and the hosts that pages may come from."""
        super().initialize(service, identify)
        self.origins = origins

    def post(self) -> None:
        """Let the page be present no more; nobody is there to read an answer."""
        try:
            refuse_foreign(self.request, self.origins)
            self.service.sessions.leave(self.get_query_argument("token", ""))
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
