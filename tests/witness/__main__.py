"""``python -m tests.witness [--json FILE]``: make the plates, read them, print tables.

Ends with 1 where a cell is not as `tests.witness.expectations` has it.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import warnings
from contextlib import redirect_stdout
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.witness import expectations, labels, ours, theirs
from tests.witness.image import CHANNELS, DIMS, Image, outcome
from tests.witness.readers import FIRST_FIELDS, READERS, by_hcs

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.witness.image import Wells

Table = dict[str, dict[str, str]]
"""Of each plate: what each reader makes of it."""

PACKAGES = (
    *("zarr", "iohub", "ngio", "ome-zarr", "napari-ome-zarr", "ome-zarr-models"),
    *("yaozarrs", "ome-zarr-io", "tensorstore", "ngff-zarr"),
)


def read_ours(folder: Path) -> Table:
    """Let each library read each plate of ours."""
    table: Table = {}
    for number, (name, make) in enumerate(ours.PLATES.items()):
        place = folder / f"ours-{number}"
        place.mkdir()
        path, truth = make(place), ours.truth(name)
        first = {well: images[:1] for well, images in truth.items()}
        table[name] = {
            library: outcome(read, path, first if library in FIRST_FIELDS else truth)
            for library, read in READERS.items()
        }
    return table


def read_labels(folder: Path) -> Table:
    """Let each library read label images and tables of plates of ours."""
    table: Table = {}
    for name, make in ours.PLATES.items():
        if "labels" in name:
            place = folder / name
            place.mkdir()
            path, truth = make(place), ours.label_truth()
            table[name] = {
                library: outcome(read, path, truth)
                for library, read in labels.READERS.items()
            }
    return table


def read_theirs(folder: Path) -> Table:
    """Read and validate what each library writes."""
    import hcs

    pixels = np.random.default_rng(0).integers(0, 4000, (2, 2, 2, 2, 24, 32), "u2")
    truth = {
        f"A/{column}": [Image(data, DIMS, CHANNELS)]
        for column, data in enumerate(pixels, start=1)
    }

    def read(path: Path) -> Wells:
        return {  # ngio calls columns 01, 02 ...
            well.replace("/0", "/"): images for well, images in by_hcs(path).items()
        }

    table: Table = {}
    for path in theirs.write_all(folder, pixels):
        problems = hcs.validate(path)
        errors = [problem for problem in problems if problem.severity == "error"]
        table[path.stem] = {
            "read": outcome(read, path, truth),
            "validate": f"{errors[0].rule}: {errors[0].message}" if errors else "ok",
        }
    return table


def report(table: Table, expected: Callable[[str, str], tuple[str, str]]) -> int:
    """Print what is not "ok"; return how many cells are not as expected."""
    wrong = 0
    for plate, cells in table.items():
        good = [reader for reader, text in cells.items() if text == "ok"]
        print(f"{plate:15} ok: {', '.join(good) or 'none'}")
        for reader, text in cells.items():
            start, reason = expected(plate, reader)
            right = text == "ok" if start == "ok" else text.startswith(start)
            wrong += not right
            if not right:
                print(f"  WRONG {reader}: {text} (expected {start}...)")
            elif text != "ok":
                print(f"  {reader}: {text}\n      {reason}")
    return wrong


def main() -> int:
    """Make the tables and print them."""
    parser = argparse.ArgumentParser(prog="python -m tests.witness")
    parser.add_argument("--json", type=Path, help="write the tables there as well")
    options = parser.parse_args()
    warnings.simplefilter("ignore")
    logging.disable()  # what libraries have to say of refusals is in the cells
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(sys.stderr):
        tables = {
            "ours": read_ours(Path(folder)),
            "labels": read_labels(Path(folder)),
            "theirs": read_theirs(Path(folder)),
        }
    print(", ".join(f"{name} {version(name)}" for name in PACKAGES))
    print("\n== our plates, read by others")
    wrong = report(tables["ours"], expectations.of_ours)
    print("\n== labels and tables in our plates, read by others")
    wrong += report(tables["labels"], lambda plate, library: ("ok", ""))
    print("\n== plates of others, read by us")
    wrong += report(tables["theirs"], expectations.of_theirs)
    if options.json:
        options.json.write_text(json.dumps(tables))
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
