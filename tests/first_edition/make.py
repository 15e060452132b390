"""Writes `first_edition.tar.xz`: what commit e7b6ede left in a lab.

Run once, at that commit (a later one would prove nothing)::

    git worktree add ../e7b6ede e7b6ede && cd ../e7b6ede
    PYTHONPATH=. python <this file> FOLDER

FOLDER then holds the archive: four corrected plates (settled in 0.5 and 0.4, unsettled,
`.ozx`), the workspace with their ledger and measurements, and `expected.json` with
what that commit said of them. `tests/integration/test_first_edition.py` reads it.
"""

from __future__ import annotations

import json
import shutil
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.reviews.tables import PlateTables
from dashboard.reviews.transfer import export_decisions

import hcs
from dashboard.plates.values import Source
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs.metadata import Who
from tests import plates
from tests.integration.serving import send, service, surveyed, tiff, wait_for

if TYPE_CHECKING:
    from dashboard.service import Service

ADA, BEN = Who("Ada", "typed"), Who("Ben", "typed")
SHAPE = (32, 40)
PLATES = {
    "settled.ome.zarr": {"version": "0.5"},
    "settled04.ome.zarr": {"version": "0.4"},
    "unsettled.ome.zarr": {"version": "0.5"},
    "packed.ome.zarr": {"version": "0.5"},
}
CONDITIONS = {
    "A/1": {"role": "positive", "compound": "staurosporine"},
    "A/2": {"role": "negative", "compound": "DMSO"},
}


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as scratch:
        root = Path(scratch)
        served = root / "plates"
        for name, storage in PLATES.items():
            plates.make(
                served / name,
                fields=2,
                shape=SHAPE,
                pixels="random",
                name=name.partition(".")[0],
                annotations={"conditions": CONDITIONS},
                **storage,
            )
        expected = {}
        with service(root / "workspace", served, settle_after=3600.0) as made:
            for name in PLATES:
                judge(made, name)
                correct_some(made, name)
                if name == "settled.ome.zarr":
                    made.signing.sign_off(name, BEN, "done")
        for name in PLATES:
            if name != "unsettled.ome.zarr":
                hcs.settle(served / name, now=True, grace=0.0)
        hcs.pack(served / "packed.ome.zarr", served / "packed.ozx")
        shutil.rmtree(served / "packed.ome.zarr")
        with service(root / "workspace", served, settle_after=3600.0) as made:
            for name in sorted(path.name for path in served.iterdir()):
                expected[name] = state_of(made, name)
        (root / "expected.json").write_text(json.dumps(expected, indent=1))
        with tarfile.open(folder / "first_edition.tar.xz", "w:xz") as archive:
            for part in ("plates", "workspace", "expected.json"):
                archive.add(root / part, part)


def judge(made: Service, key: str) -> None:
    """Give verdicts of every kind, and take one back."""
    surveyed(made, key)
    made.measure(key)
    verdict(made, key, Subject("A/1"), "pass", ADA)
    batch = verdict(made, key, Subject("B/2"), "fail", ADA, reason="focus")
    made.reviews.undo(key, ADA, batch)
    verdict(made, key, Subject("B/1"), "flag", BEN, note="a\u2028hair = 'dust' <b>")
    verdict(made, key, Subject("A/2", "1"), "fail", BEN, reason="debris")
    verdict(made, key, Subject("B/3"), "fail", ADA, reason="empty")


def correct_some(made: Service, key: str) -> None:
    """Correct a field once, one twice, and one with a revert."""
    correct(made, key, "A1", "0", 7)
    before = correct(made, key, "A2", "0", 11)
    made.corrections.revert(key, "A2", "0", before, BEN, "the first was right")
    correct(made, key, "B1", "1", 13)
    correct(made, key, "B1", "1", 17)
    made.measure(key)


def verdict(
    made: Service, key: str, subject: Subject, verdict: str, who: Who, **more: str
) -> str:
    decision = Decision(subject, "thumbnails")
    return str(made.reviews.judge(key, [decision], verdict, who, **more).batch)


def correct(made: Service, key: str, label: str, field: str, value: int) -> str:
    token = made.open_session()
    before = str(made.well(key, label).field(field).version)
    picture = plates.plane(value, SHAPE, "uint16", "random")
    upload = send(made, token, tiff(picture), "again.tif")
    source = Source(upload=upload.id, channel=1)
    staged = made.corrections.stage(token, key, label, field, [source])
    made.corrections.commit(staged.id, ADA, "imaged again")
    made.close_session(token)
    return before


def state_of(made: Service, key: str) -> dict[str, Any]:
    """Return what the first edition says of a plate, as plain JSON."""
    overview = surveyed(made, key)
    made.measure(key)
    tables = PlateTables(made, key)
    with tempfile.TemporaryDirectory() as scratch:
        file = Path(scratch) / "decisions.jsonl"
        export_decisions(made, key, file)
        decisions = file.read_text(encoding="utf-8").split("\n")
    wells = [well.label for well in overview.wells]
    names = made.field_names(key)
    return {
        "id": overview.id,
        "verdicts": {
            f"{subject.well}|{subject.field}": [
                standing.act.verdict,
                standing.act.reason,
                standing.act.note,
                standing.act.who,
                standing.stale,
            ]
            for subject, standing in made.reviews.read(key).standings.items()
        },
        "signed": made.signing.state(key) is not None,
        "histories": {
            f"{well}|{name}": [
                [version.id, version.live, version.who, version.why]
                for version in made.history(key, well, name)
            ]
            for well in wells
            for name in names
        },
        "values": {
            metric.id: made.field_numbers(key, metric.id)
            for metric in made.metrics(key)
        },
        "decisions": [json.loads(line) for line in decisions if line],
        "wells": tables.wells().csv(),
        "fields": tables.fields().csv(),
    }


if __name__ == "__main__":
    wait_for(lambda: True)
    main(Path(sys.argv[1]))
