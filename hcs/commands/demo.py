"""``hcs demo``: a synthetic plate with known defects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.terminal import Bar, say

if TYPE_CHECKING:
    import argparse


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "demo",
        help="make a synthetic 96-well plate with known defects",
        description="Make a synthetic 96-well plate: cells in two channels, a dose "
        "series, and defects whose truth is written beside the plate.",
    )
    parser.add_argument("plate", metavar="PLATE", help="path of the plate to make")
    parser.add_argument(
        "--kind",
        default="defects",
        help="defects: some fields have them (default); clean: none has; uneven, "
        "blurred: every field is",
    )
    parser.add_argument("--version", default="0.5", help="NGFF version (default: 0.5)")
    parser.add_argument("--seed", type=int, default=0, help="another seed, other cells")
    parser.add_argument("--rows", type=int, default=8, help="default: 8")
    parser.add_argument("--columns", type=int, default=12, help="default: 12")
    parser.add_argument("--fields", type=int, default=2, help="a well; default: 2")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make the plate."""
    from hcs.demo.plate import make_demo_plate

    with Bar("Making fields") as bar:
        truth = make_demo_plate(
            options.plate,
            rows=options.rows,
            columns=options.columns,
            fields=options.fields,
            seed=options.seed,
            kind=options.kind,
            version=options.version,
            progress=bar,
        )
    say(f"Made {options.plate}; its defects are listed in {truth}.")
    return 0
