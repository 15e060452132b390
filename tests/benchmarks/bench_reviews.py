"""What it costs to open a plate's verdicts among few and among many rows of others.

    python tests/benchmarks/bench_reviews.py

The same plate of 400 acts is read and folded from a ledger that holds nothing else and
from one of 100,000 rows; medians of rounds that take turns, as a ratio. Exits 1 where
the many make it cost twice as much.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import insert

from dashboard.reviews.acts import ReviewAct, Subject, new_batch
from dashboard.reviews.ledger import Ledger, _row
from dashboard.reviews.verdicts import Verdicts
from dashboard.storage.database import review_acts
from dashboard.storage.engine import open_database

ROUNDS = 15
OWN = 400
MANY = 100_000
OTHERS = 250
BUDGET = 2.0


def act(number: int) -> ReviewAct:
    return ReviewAct(
        kind="verdict",
        batch=new_batch(),
        who="Ada",
        known="typed",
        subject=Subject(f"{chr(65 + number % 16)}/{number % 24 + 1}"),
        verdict="fail",
        reason="focus",
        basis="thumbnails",
        versions={f"/{field}": new_batch() for field in range(9)},
        metrics={f"metric.{index}": float(index) for index in range(20)},
    )


def ledger(folder: Path, name: str, rows: int) -> Ledger:
    """Return a ledger with `rows` rows, those of plate "mine" among them."""
    engine = open_database(f"sqlite:///{folder / name}")
    step = max(1, rows // OWN)
    made = (
        _row("mine" if at % step == 0 else f"plate {at % OTHERS}", act(at))
        for at in range(rows)
    )
    batch = []
    with engine.begin() as connection:
        for row in made:
            batch.append(row)
            if len(batch) == 5000:
                connection.execute(insert(review_acts), batch)
                batch = []
        if batch:
            connection.execute(insert(review_acts), batch)
    return Ledger(engine)


def opened(rows: Ledger) -> float:
    start = time.process_time()
    held = Verdicts(rows.since("mine")).current()
    assert held
    return time.process_time() - start


def main() -> int:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        few, many = ledger(folder, "few", OWN), ledger(folder, "many", MANY)
        times: dict[str, list[float]] = {"few": [], "many": []}
        for _ in range(ROUNDS):
            times["few"].append(opened(few))
            times["many"].append(opened(many))
    medians = {key: statistics.median(spent) for key, spent in times.items()}
    ratio = medians["many"] / medians["few"]
    print(f"{OWN} acts among {OWN} rows    {1000 * medians['few']:8.2f} ms")
    print(f"{OWN} acts among {MANY} rows {1000 * medians['many']:8.2f} ms")
    print(f"ratio {ratio:.2f}, budget {BUDGET}")
    return int(ratio > BUDGET)


if __name__ == "__main__":
    sys.exit(main())
