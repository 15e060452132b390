"""Metrics and presets of other packages, and one's own: used, shown, named."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pytest
import tifffile

from hcs.errors import ArgumentError
from hcs.qc import Definition, measure_plate, measured_table
from tests import acme, plates

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return acme.install(tmp_path_factory.mktemp("site"))


@pytest.fixture
def run(installed: Path, tmp_path: Path) -> Run:
    """Run a program in a process that has the package."""

    def started(*words: object) -> subprocess.CompletedProcess[str]:
        path = os.pathsep.join((str(installed), *filter(None, sys.path)))
        return subprocess.run(
            [sys.executable, *map(str, words)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ
            | {"PYTHONPATH": path, "XDG_DATA_HOME": str(tmp_path / "data")},
        )

    return started


def test_a_packages_metrics_are_measured_and_its_faults_named(
    run: Run, tmp_path: Path
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    out = tmp_path / "m.csv"
    # Processes of their own find the package too.
    done = run("-m", "hcs.cli", "measure", path, "-o", out, "--workers", 2)
    assert done.returncode == 0, done.stderr
    with out.open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    for column, row in enumerate(rows):
        corners = [plates.value(column=column, channel=c) for c in (0, 1)]
        assert float(row["ImageQuality_Corner_DNA"]) == corners[0]
        assert float(row["ImageQuality_Mean_DNA"]) == corners[0]
        ratio = float(row["ImageQuality_CornerRatio_GFP"])
        assert ratio == pytest.approx(corners[1] / corners[0])
        assert row["ImageQuality_Failing_DNA"] == ""
        why = json.loads(row["Metadata_NotComputable"])["ImageQuality_Failing_DNA"]
        assert why == "acme-hcs 1.2: ZeroDivisionError: division by zero"
    for warning in (
        "lost of acme-hcs 1.2 is left out: ModuleNotFoundError",
        "none of acme-hcs 1.2 is left out: it is str, and no hcs.qc.Definition.",
        "taken of acme-hcs 1.2 is left out: this program has a metric 'mean' already.",
    ):
        assert done.stderr.count(warning) == 1


def test_the_dashboard_offers_a_packages_metric_with_its_source(
    run: Run, tmp_path: Path
) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    program = tmp_path / "asks.py"
    program.write_text(
        "import json, sys\n"
        "from pathlib import Path\n"
        "from dashboard.compose import compose\n"
        "from dashboard.options import Options\n"
        "from dashboard.views.measuring import _broken\n"
        "from dashboard.workspace import open_workspace\n"
        "plate, work = map(Path, sys.argv[1:])\n"
        "made = compose([plate], open_workspace(work), Options(workers=0))\n"
        "key = 'p.ome.zarr'\n"
        "progress = made.quality.measure(key)\n"
        "again = made.quality.measure(key)\n"
        "info = [m for m in made.quality.metrics(key) if 'corner' in m.id]\n"
        "wells = made.quality.values(key, 'corner.0').wells\n"
        "failing = made.quality.values(key, 'failing.0').wells['A1']\n"
        "print(json.dumps({\n"
        "  'failed': progress.failed, 'again': again.done,\n"
        "  'metrics': {m.id: m.definition for m in info},\n"
        "  'values': {label: well.value for label, well in wells.items()},\n"
        "  'why': failing.reason, 'broken': _broken()}))\n"
        "made.close()\n"
    )
    done = run(program, path, tmp_path / "work")
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    assert (answer["failed"], answer["again"]) == (0, 2)
    assert set(answer["metrics"]) == {"corner.0", "corner.1", "corner_ratio.1"}
    assert answer["metrics"]["corner.0"].endswith("From acme-hcs 1.2.")
    assert answer["values"] == {"A1": plates.value(), "A2": plates.value(column=1)}
    assert "ZeroDivisionError" in answer["why"]
    assert len(answer["broken"]) == 3


def test_a_packages_preset_imports_and_a_broken_one_takes_nothing_down(
    run: Run, tmp_path: Path
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    for well in ("A01", "A02"):
        plane = np.full((32, 32), 7, "u2")
        tifffile.imwrite(source / f"acme_{well}_DNA.tif", plane)
    done = run("-m", "hcs.cli", "import", source, tmp_path / "p.ome.zarr")
    assert done.returncode == 0, done.stderr
    assert "Acme" in done.stdout
    assert "bad of acme-hcs 1.2 is left out: ZeroDivisionError" in done.stderr
    unknown = run("-m", "hcs.cli", "import", source, tmp_path / "q", "--preset", "x")
    assert unknown.returncode == 2
    assert "acme" in unknown.stderr
    assert "none of acme-hcs 1.2 is left out: it is str" in unknown.stderr


def corner(plane):
    return plane.pixels[0, 0]


def own(id: str = "corner", compute=corner, **more) -> Definition:
    return Definition(
        id=id,
        title="Corner",
        unit="counts",
        meaning="The first pixel.",
        misleads="It is one pixel.",
        compute=compute,
        **more,
    )


def test_a_metric_of_ones_own_is_measured_without_a_package(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    metrics = ["mean", own(), own("broken", lambda plane: "no number")]
    table = measured_table(measure_plate(path, metrics=metrics), metrics=metrics)
    assert [row["ImageQuality_Corner_DNA"] for row in table.records()] == [
        plates.value(column=column) for column in (0, 1)
    ]
    reasons = json.loads(str(table.records()[0]["Metadata_NotComputable"]))
    assert "ValueError" in reasons["ImageQuality_Broken_DNA"]


def test_other_processes_measure_ones_own_metric(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=2)
    (tmp_path / "mine.py").write_text(
        "import sys\n"
        "from hcs.qc import Definition, measure_plate\n"
        "def corner(plane):\n"
        "    return plane.pixels[0, 0]\n"
        "MINE = Definition(id='corner', title='Corner', unit='counts',\n"
        "    meaning='The first pixel.', misleads='It is one.', compute=corner)\n"
        "if __name__ == '__main__':\n"
        "    import mine\n"
        "    found = measure_plate(sys.argv[1], metrics=[mine.MINE], workers=1)\n"
        "    print([p.values['corner'] for r in found for p in r.planes])\n"
    )
    done = subprocess.run(
        [sys.executable, tmp_path / "mine.py", path],
        capture_output=True,
        text=True,
        check=True,
    )
    values = [plates.value(column=c, channel=i) for c in (0, 1) for i in (0, 1)]
    assert sorted(json.loads(done.stdout)) == sorted(map(float, values))


def test_what_is_no_metric_is_refused_in_words(tmp_path: Path) -> None:
    path = plates.make(tmp_path / "p.ome.zarr", rows=1, columns=1)
    with pytest.raises(ArgumentError, match="There is a metric"):
        list(measure_plate(path, metrics=[own("mean")]))
    with pytest.raises(ArgumentError, match="small letters"):
        own("Mean.0")
    with pytest.raises(ArgumentError, match="scope"):
        own(scope="planes")
    local = own("local", lambda plane: 1.0)
    with pytest.raises(ArgumentError, match="in a module, or measure with workers=0"):
        list(measure_plate(path, metrics=[local], workers=1))
