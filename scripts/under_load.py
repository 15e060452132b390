"""Run a command again and again beside a load, and tell what failed how often.

under_load.py [--runs N] [--load L] [--keep FOLDER] [--] COMMAND [ARGUMENT ...]

A test that passes on a calm machine may have been lucky. This keeps as many processes
busy that the machine's load is at least L, whoever makes it, keeps what each run has
printed below FOLDER, and ends with a table of the runs and of the tests that failed::

    scripts/under_load.py --runs 10 .venv/bin/python -m pytest tests/browser
    scripts/under_load.py --runs 3 make test

With the standard library only. It ends as the worst run did.
"""

from __future__ import annotations

import argparse
import math
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

BUSY = """
import os
parent = os.getppid()
while os.getppid() == parent:
    sum(range(9999))
"""
"""Ends with who started it, however that ended."""

_LOOK_SECONDS = 5.0
_COUNT = re.compile(r"(\d+) (passed|failed|errors?|skipped)\b")
_SUMMARY = re.compile(r"\d+ (?:passed|failed|errors?|skipped)\b.* in [\d.]+s")
_FAILURE = re.compile(r"^(?:FAILED|ERROR) (\S.*?)(?: - .*)?$")


class Load:
    """Processes that do nothing but keep the machine as busy as is asked for.

    Parameters
    ----------
    least
        The load average, over a minute, that is kept up; others' work counts.
    """

    def __init__(self, least: float) -> None:
        self._least = least
        self._busy: list[subprocess.Popen[bytes]] = []
        self._stop = threading.Event()
        self._seen: list[float] = []
        self._thread = threading.Thread(target=self._keep_up, daemon=True)

    def __enter__(self) -> Load:
        # The average follows slowly: what is missing at the start comes at once.
        self._grow(math.ceil(self._least - os.getloadavg()[0]))
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()
        for process in self._busy:
            process.kill()
            process.wait()

    def mean(self) -> float:
        """Return the mean load since this was asked for the last time."""
        seen, self._seen = self._seen or [os.getloadavg()[0]], []
        return sum(seen) / len(seen)

    def _keep_up(self) -> None:
        while not self._stop.wait(_LOOK_SECONDS):
            present = os.getloadavg()[0]
            self._seen.append(present)
            if present < self._least:
                self._grow(1)
            elif present > self._least + 2 and self._busy:
                process = self._busy.pop()
                process.kill()
                process.wait()

    def _grow(self, count: int) -> None:
        most = math.ceil(self._least) - len(self._busy)
        for _ in range(min(count, most)):
            self._busy.append(subprocess.Popen([sys.executable, "-c", BUSY]))


@dataclass(frozen=True, slots=True)
class Run:
    """What came of one run."""

    number: int
    commit: str
    code: int
    seconds: float
    load: float
    counts: Counter[str]
    failures: tuple[str, ...]

    def __str__(self) -> str:
        counts = ", ".join(f"{count} {word}" for word, count in self.counts.items())
        return (
            f"{self.number:3}  {self.commit:14} load {self.load:4.1f} "
            f"{self.seconds:6.0f} s  exit {self.code}  {counts}"
        )


def run(number: int, command: list[str], file: Path, load: Load) -> Run:
    """Run the command once; what it prints goes to the screen and into a file."""
    load.mean()
    begin, commit = time.monotonic(), commit_here()
    with (
        file.open("wb") as record,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        ) as process,
    ):
        assert process.stdout is not None  # noqa: S101 - it is piped
        try:
            # Not by lines: pytest ends one after dozens of tests.
            while chunk := os.read(process.stdout.fileno(), 1 << 16):
                for target in (record, sys.stdout.buffer):
                    target.write(chunk)
                    target.flush()
        except BaseException:
            process.terminate()
            raise
    counts, failures = outcome(file.read_text(encoding="utf-8", errors="replace"))
    return Run(
        number,
        commit,
        process.returncode,
        time.monotonic() - begin,
        load.mean(),
        counts,
        failures,
    )


def outcome(text: str) -> tuple[Counter[str], tuple[str, ...]]:
    r"""Return what pytest counted in all its summaries, and the tests that failed.

    >>> outcome("FAILED a.py::test_b - oh\n== 1 failed, 2 passed in 3.00s ==")
    (Counter({'passed': 2, 'failed': 1}), ('a.py::test_b',))
    """
    lines = text.splitlines()
    counts: Counter[str] = Counter()
    for line in filter(_SUMMARY.search, lines):
        for count, word in _COUNT.findall(line):
            counts[word] += int(count)
    failures = dict.fromkeys(
        match[1] for line in lines if (match := _FAILURE.match(line))
    )
    return counts, tuple(failures)


def commit_here() -> str:
    """Return the commit of this folder, with a plus where files differ from it."""
    described = subprocess.run(
        ["git", "describe", "--always", "--dirty=+", "--exclude=*"],
        capture_output=True,
        text=True,
        check=False,
    )
    return described.stdout.strip() or "no commit"


def report(runs: list[Run]) -> str:
    """Return a table of the runs, and how often each test failed."""
    failures = Counter(name for each in runs for name in each.failures)
    whole = sum(not each.code for each in runs)
    lines = [f"{len(runs)} runs, {whole} of them without a failure", *map(str, runs)]
    lines += [f"{count:3} x {name}" for name, count in failures.most_common()]
    return "\n".join(lines)


def main() -> None:
    """Run what the command line says."""
    parser = argparse.ArgumentParser(description="Run a command beside a load.")
    parser.add_argument("--runs", type=int, default=10)
    parser.add_argument("--load", type=float, default=4.0)
    parser.add_argument("--keep", type=Path, default=Path("artifacts/under-load"))
    parser.add_argument("command", nargs=argparse.REMAINDER)
    asked = parser.parse_args()
    command = asked.command[1:] if asked.command[:1] == ["--"] else asked.command
    if not command:
        parser.error("give a command to run")
    asked.keep.mkdir(parents=True, exist_ok=True)
    runs: list[Run] = []
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        with Load(asked.load) as load:
            for number in range(1, asked.runs + 1):
                file = asked.keep / f"run-{number}.txt"
                runs.append(run(number, command, file, load))
    except KeyboardInterrupt:
        sys.stdout.write("\nInterrupted; a run that was not whole is left out.\n")
    text = report(runs)
    (asked.keep / "table.txt").write_text(text + "\n", encoding="utf-8")
    sys.stdout.write(f"\n{text}\n")
    sys.exit(max((abs(each.code) for each in runs), default=1))


if __name__ == "__main__":
    main()
