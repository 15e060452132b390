"""A dashboard for high-content-screening plates, in the browser and for scripts."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dashboard.results import QCResults as QCResults
    from dashboard.results import read_qc as read_qc
    from dashboard.showing.link import Shown as Shown
    from dashboard.showing.link import show as show
else:
    from hcs.public import public_names

    __all__, __getattr__, __dir__ = public_names(
        __name__,
        {"results": "QCResults read_qc", "showing.link": "Shown show"},
        needs="page",
    )
