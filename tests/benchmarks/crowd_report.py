"""What `bench_crowd.py` found: as plain text, and as the figures of docs/load.md."""

from __future__ import annotations

import datetime
import os
import re
import statistics
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.browser.serving import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

BARE = "health"
"""The wait that all others are compared with."""


def median(samples: Sequence[float]) -> float:
    return statistics.median(samples)


def spread(samples: Sequence[float]) -> dict[str, float]:
    """Return how many samples there are, their median, 95th percentile and largest."""
    ordered = sorted(samples)
    return {
        "n": len(ordered),
        "p50": median(ordered),
        "p95": ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))],
        "most": ordered[-1],
    }


def about() -> dict[str, Any]:
    """Return what was measured, when, and on which machine."""
    return {
        "commit": _git("rev-parse", "--short=12", "HEAD"),
        "changed": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "when": datetime.datetime.now(datetime.UTC).isoformat(" ", "minutes")[:16],
        "cores": os.cpu_count(),
        "load": os.getloadavg()[0],
        "yardstick": _yardstick(),
    }


def _yardstick() -> float:
    """Return the CPU seconds that a fixed piece of work takes on this machine now.

    Virtual machines of one kind differ by a factor of four, and from hour to hour.
    """
    took = []
    for _ in range(5):
        start = time.process_time()
        total = 0
        for number in range(10_000_000):
            total += number
        took.append(time.process_time() - start)
    return median(took)


def _git(*words: str) -> str:
    done = subprocess.run(
        ["git", *words], cwd=ROOT, capture_output=True, text=True, check=False
    )
    return done.stdout.strip()


def in_words(report: dict[str, Any]) -> str:
    """Return the report for a terminal and for a page."""
    came, bare = report["crowd"], report["crowd"]["waits"][BARE]
    lines = [
        f"commit {report['commit']}{' with changes' * report['changed']}, "
        f"{report['when']} UTC, {report['cores']} cores, "
        f"load before {report['load']:.1f}, {report['processes']} server process(es)",
        f"ten million additions in Python take {report['yardstick']:.2f} s of CPU",
        "",
        *_costs(report),
        *_crowd(came),
        "",
        f"{'':<24}{'n':>6}{'p50':>11}{'p95':>11}{'most':>11}"
        f"{'p50/bare p50':>15}{'p95/bare p95':>15}",
    ]
    lines += [
        f"{_NAMES.get(what, what):<24}{row['n']:>6}{_ms(row['p50']):>11}"
        f"{_ms(row['p95']):>11}{_ms(row['most']):>11}"
        f"{row['p50'] / bare['p50']:>15.1f}{row['p95'] / bare['p95']:>15.1f}"
        for what, row in sorted(came["waits"].items(), key=lambda item: _place(item[0]))
    ]
    lines += [f"error: {error}" for error in came["errors"][:10]]
    return "\n".join(lines)


def _costs(report: dict[str, Any]) -> list[str]:
    if not report["costs"]:
        return []
    heads = ("open pages", "idle CPU/s", "CPU a click", "CPU a verdict")
    return [
        f"CPU of the server for a page: {_ms(report['page'])}",
        "",
        "".join(f"{head:>15}" for head in (*heads, "click takes", "verdict takes")),
        *(
            f"{cost['pages']:>15}{cost['idle']:>15.3f}{_ms(cost['click']):>15}"
            f"{_ms(cost['verdict']):>15}{_ms(cost['click_seconds']):>15}"
            f"{_ms(cost['verdict_seconds']):>15}"
            for cost in report["costs"]
        ),
        "",
    ]


def _crowd(came: dict[str, Any]) -> list[str]:
    steady = came["steady"]
    seconds, acts = steady["seconds"], max(1, steady["acts"])
    return [
        f"{came['people']} people, {came['browsers']} of them in browsers, all there "
        f"after 60 s, then {came['seconds']:.0f} s: {came['acts']} acts, "
        f"{came['verdicts']} verdicts",
        f"errors {len(came['errors'])}, verdicts lost {came['lost']}, "
        f"memory of a process at most {came['memory']:.0f} MB",
        f"once all were there: {acts / seconds:.1f} acts/s; CPU of the server "
        f"{steady['cpu'] / seconds:.2f} of a core, {_ms(steady['cpu'] / acts)} an act; "
        f"of the raw pages {steady['driver cpu'] / seconds:.2f} of a core",
    ]


_NAMES = {
    BARE: "bare request (/health)",
    "page": "page GET",
    "document": "websocket and document",
    "gallery": "click to gallery",
    "click": "click to last picture",
    "verdict": "verdict answered",
}


def _place(what: str) -> tuple[int, str]:
    names = list(_NAMES)
    return (names.index(what) if what in names else len(names), what)


def _ms(seconds: float) -> str:
    return f"{1000 * seconds:.1f} ms" if seconds < 0.1 else f"{1000 * seconds:.0f} ms"


def renew(page: Path, report: dict[str, Any]) -> None:
    """Put the figures into the page, in place of those of the same set-up."""
    start = f"<!-- {report['processes']} -->\n"
    text = page.read_text(encoding="utf-8")
    block = f"{start}```text\n{in_words(report)}\n```\n"
    pattern = re.escape(start) + r"(?:```text\n.*?^```\n)?"
    replaced, count = re.subn(
        pattern, lambda _: block, text, flags=re.MULTILINE | re.DOTALL
    )
    if count != 1:
        raise SystemExit(f"{page} has no place {start.strip()} for these figures.")
    page.write_text(replaced, encoding="utf-8")
