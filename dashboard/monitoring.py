"""What is counted of a server, as Prometheus asks for it.

No label holds a name: of plates, people or files nobody learns anything here.
"""

from __future__ import annotations

import shutil
import time
from functools import partial
from typing import TYPE_CHECKING, Final

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    generate_latest,
    start_http_server,
)
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily
from prometheus_client.registry import Collector

from dashboard.errors import DashboardError
from dashboard.logs import problems

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from prometheus_client import Metric
    from tornado.ioloop import IOLoop

    from dashboard.service import Service

CONTENT_TYPE: Final = "text/plain; version=0.0.4; charset=utf-8"

_KINDS = frozenset(
    {"pixels", "export", "uploads", "assets", "static", "ws", "health", "ready",
     "admin", "leave", "metrics", "components", "visitor.json", "sign-in", "sign-out"}
)  # fmt: skip
"""First parts of addresses that are told apart."""


def kind_of(path: str) -> str:
    """Return what is asked for at a path below the prefix; never a name.

    >>> kind_of("/"), kind_of("/pixels/plate 7/B02/thumb.jpg"), kind_of("/plate 7")
    ('page', 'pixels', 'other')
    """
    first = path.lstrip("/").partition("/")[0]
    if path == "/":
        return "page"
    return first if first in _KINDS else "other"


_LOOK_SECONDS = 1.0

_SECONDS = (0.005, 0.02, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Monitoring:
    """Counts of one server.

    Parameters
    ----------
    service
        Whose pages, jobs and disk are looked at when somebody asks.
    """

    def __init__(self, service: Service) -> None:
        self._service = service
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "hcs_requests", "Requests answered", ("kind", "method", "status"),
            registry=self._registry,
        )  # fmt: skip
        self._seconds = Histogram(
            "hcs_request_seconds", "Seconds until an answer was complete", ("kind",),
            buckets=_SECONDS, registry=self._registry,
        )  # fmt: skip
        self._loop_lag = Gauge(
            "hcs_event_loop_lag_seconds",
            "How late the event loop came to its last look at the clock",
            registry=self._registry,
        )
        self._late = Counter(
            "hcs_event_loop_late_seconds",
            "How late the event loop came to its looks at the clock, all together",
            registry=self._registry,
        )
        started = Gauge(
            "hcs_start_time_seconds", "When the server started, since 1970",
            registry=self._registry,
        )  # fmt: skip
        started.set(time.time())
        self._gauges()
        ProcessCollector(registry=self._registry)
        self._registry.register(
            _Looked(
                "hcs_acts",
                "Acts added to the ledger: verdicts, undone ones, notes, signatures",
                ("kind",),
                lambda: {
                    (kind,): number
                    for kind, number in service.storage.ledger.added.items()
                },
            )
        )
        self._registry.register(
            _Looked(
                "hcs_problems",
                "Warnings and errors in the log",
                ("level", "logger"),
                problems,
            )
        )
        self._registry.register(
            _Looked(
                "hcs_work_waiting",
                "Work that waits for a thread",
                ("kind",),
                lambda: {
                    (kind,): number
                    for kind, number in service.threads.waiting().items()
                },
                GaugeMetricFamily,
            )
        )

    def _gauges(self) -> None:
        """Add what is looked up when it is asked for."""
        service = self._service
        workspace = service.workspace.path
        for name, text, value in (
            ("hcs_pages_open", "Pages that are open", lambda: len(service.sessions)),
            ("hcs_plates", "Plates that are served", lambda: len(service.plates)),
            (
                "hcs_plates_unreachable",
                "Plates that were there and cannot be reached",
                lambda: len(service.plates.absent()),
            ),
            (
                "hcs_workspace_free_bytes",
                "Free on the disk of the workspace",
                lambda: shutil.disk_usage(workspace).free,
            ),
        ):
            gauge = Gauge(name, text, registry=self._registry)
            gauge.set_function(partial(_number, value))

    def answered(self, method: str, path: str, status: int, seconds: float) -> None:
        """Count an answer (fast)."""
        kind = kind_of(path)
        known = method if method in ("GET", "HEAD", "POST", "PATCH", "DELETE") else "-"
        self._requests.labels(kind, known, str(status)).inc()
        self._seconds.labels(kind).observe(seconds)

    def follow(self, loop: IOLoop) -> None:
        """Look again and again, from the loop itself, how late it comes to do so."""
        due = loop.time() + _LOOK_SECONDS

        def look() -> None:
            late = max(0.0, loop.time() - due)
            self._loop_lag.set(late)
            self._late.inc(late)
            self.follow(loop)

        loop.call_at(due, look)

    def text(self) -> bytes:
        """Return all counts in Prometheus' text format."""
        return generate_latest(self._registry)

    def listen(self, address: str, port: int) -> None:
        """Answer at an address of their own, to whoever reaches it.

        Raises
        ------
        DashboardError
            If the port cannot be had.
        """
        try:
            start_http_server(port, address, self._registry)
        except OSError as error:
            raise DashboardError(
                f"Metrics cannot be answered at {address}:{port}: {error.strerror}. "
                f"Choose another --metrics address."
            ) from error


class _Looked(Collector):
    """A number by labels that is kept elsewhere, and looked up when it is asked for."""

    def __init__(
        self,
        name: str,
        text: str,
        labels: Sequence[str],
        values: Callable[[], Mapping[tuple[str, ...], int]],
        family: type[CounterMetricFamily | GaugeMetricFamily] = CounterMetricFamily,
    ) -> None:
        self._name, self._text, self._labels = name, text, labels
        self._values, self._family = values, family

    def collect(self) -> Iterator[Metric]:
        """Return the counts as they are now."""
        family = self._family(self._name, self._text, labels=self._labels)
        for labels, number in self._values().items():
            family.add_metric(labels, number)
        yield family


def _number(value: Callable[[], float]) -> float:
    """Return a number that is looked up, NaN where that fails."""
    try:
        return float(value())
    except Exception:  # noqa: BLE001 - one that fails must not take the others along
        return float("nan")
