"""What watching an inbox of 200 exports with 3,456 files each costs.

    python tests/benchmarks/bench_inbox.py [--folder FOLDER] [--exports N] [--files N]

The folders hold empty files named as MetaXpress names them, 384 wells x 9 sites of one
channel, in one folder each. All of them count as imported. Time of the processor, by
`time.process_time`, of the first look (a start of the server), of looks at what does
not change, and of a look at all files; from these what an hour costs, as a share of one
core, at the default interval of 30 s. Exits 1 where that is 1 % or more.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from pathlib import Path
from types import SimpleNamespace

sys.path.insert(0, str(Path(__file__).parents[2]))
from dashboard.inbox.folders import LOOK_SECONDS, InboxFolder, InboxSettings
from dashboard.inbox.look import look
from dashboard.inbox.values import JobState
from dashboard.inbox.watch import Inbox

HOUR = 3600.0


def make(folder: Path, exports: int, files: int) -> None:
    """Write the exports; empty files, for nobody reads them here."""
    for export in range(exports):
        inside = folder / f"plate-{export:03}"
        inside.mkdir(parents=True)
        for number in range(files):
            well, site = divmod(number, 9)
            row, column = divmod(well, 24)
            name = f"plate-{export:03}_{chr(65 + row)}{column + 1:02}_s{site + 1}.TIF"
            (inside / name).touch()


class Imported:
    """Takes the place of the desk: each export was imported as it is."""

    def __init__(self, folder: Path, into: str) -> None:
        self._jobs = tuple(
            SimpleNamespace(
                source=str(path),
                folder=into,
                part="",
                state=JobState.DONE,
                stamp=look(str(path)).stamp,
            )
            for path in sorted(folder.iterdir())
        )

    def marks(self) -> tuple[SimpleNamespace, ...]:
        """Return all imports."""
        return self._jobs

    def bump(self) -> None:
        """Tell nobody."""


def spent(work: object) -> float:
    """Return the seconds of the processor that a call takes."""
    before = time.process_time()
    work()  # type: ignore[operator]
    return time.process_time() - before


def main() -> int:
    """Print what looks cost."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--exports", type=int, default=200)
    parser.add_argument("--files", type=int, default=3456)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=options.folder) as name:
        folder = Path(name, "inbox")
        make(folder, options.exports, options.files)
        into = str(Path(name, "plates"))
        settings = InboxSettings(folders=(InboxFolder(folder=str(folder), into=into),))
        now = 0.0
        inbox = Inbox(settings, Imported(folder, into), clock=lambda: now)  # type: ignore[arg-type]
        first = spent(inbox.look_through)
        hour, looks, full = 0.0, 0, 0
        shares = []
        for _ in range(6):
            hour = 0.0
            for _ in range(int(HOUR / LOOK_SECONDS)):
                now += LOOK_SECONDS
                cost = spent(inbox.look_through)
                hour += cost
                looks += 1
                full += cost > first / 4
            shares.append(hour / HOUR)
        print(f"{options.exports} exports x {options.files} files, {LOOK_SECONDS:g} s")
        print(f"first look         {first:8.3f} s of the processor")
        print(f"looks              {looks:8} of which {full} at all files")
        for number, share in enumerate(shares, 1):
            print(f"hour {number}             {100 * share:8.3f} % of a core")
        started = (first + shares[0] * HOUR) / HOUR
        print(f"hour 1 with start  {100 * started:8.3f} % of a core")
        return int(max(*shares, started) >= 0.01)


if __name__ == "__main__":
    sys.exit(main())
