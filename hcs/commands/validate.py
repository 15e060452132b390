"""``hcs validate``: everything that is wrong with a plate, grouped by rule."""

from __future__ import annotations

import dataclasses
import json
from typing import TYPE_CHECKING

from hcs.terminal import Bar, safe, say
from hcs.wording import counted, some

if TYPE_CHECKING:
    import argparse

    from hcs.rules.problem import Problem

_SHOWN = 3
"""Places shown for each rule: 1536 equal findings are one finding for a person."""


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the command."""
    parser = commands.add_parser(
        "validate",
        help="check a plate, an image or an archive against the specification",
        description="Check all documents of a plate, an image or an archive. "
        "Exits with 1 where something that must be is not.",
    )
    parser.add_argument("plate", metavar="PLATE", help="path, .ozx archive or address")
    parser.add_argument(
        "--pixels", action="store_true", help="also decode every chunk (slow)"
    )
    parser.add_argument(
        "--json", action="store_true", help="print all problems, ungrouped, as JSON"
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Validate and print; 1 where a MUST is broken."""
    from hcs.validation import validate

    with Bar("Validating") as bar:
        problems = validate(options.plate, pixels=options.pixels, progress=bar)
    errors = sum(problem.severity == "error" for problem in problems)
    if options.json:
        entries = [dataclasses.asdict(problem) for problem in problems]
        say(json.dumps({"location": options.plate, "problems": entries}))
    else:
        for line in report(problems):
            say(line)
        say(_verdict(options.plate, errors, len(problems) - errors))
    return int(errors > 0)


def report(problems: list[Problem]) -> list[str]:
    """Return the lines of a report: errors first, one block a rule."""
    groups: dict[tuple[str, str, str], list[Problem]] = {}
    for problem in problems:
        key = (problem.severity, problem.rule, problem.clause)
        groups.setdefault(key, []).append(problem)
    lines = []
    for (severity, rule, clause), group in sorted(
        groups.items(), key=lambda item: item[0][0] != "error"
    ):
        times = f"  {len(group)} times" if len(group) > 1 else ""
        lines.append(f"{severity.upper():<7}  {rule}{times}  [{clause}]")
        lines += _places(group)
    return lines


def _places(problems: list[Problem]) -> list[str]:
    """Return where a rule is broken; what all say alike is said once."""
    if len(problems) > 1 and len({problem.message for problem in problems}) == 1:
        lines = [problems[0].message, _where(problems)]
    else:
        lines = [
            f"{safe(problem.location) or 'the root'}: {problem.message}"
            for problem in problems[:_SHOWN]
        ]
        if len(problems) > _SHOWN:
            lines.append(f"... and {len(problems) - _SHOWN} more")
    return [f"         {line}" for line in lines]


def _where(problems: list[Problem]) -> str:
    """Return the places of equal findings; what they have in common comes first."""
    split = [safe(problem.location).partition(": ") for problem in problems]
    common = split[0][2]
    if common and all(at == common for _, _, at in split):
        return f"{common} of {some([group for group, _, _ in split], _SHOWN, str)}"
    return f"at {some([''.join(part) or 'the root' for part in split], _SHOWN, str)}"


def _verdict(plate: str, errors: int, warnings: int) -> str:
    if not errors and not warnings:
        return f"{plate}: no problems found."
    return f"{plate}: {counted(errors, 'error')}, {counted(warnings, 'warning')}."
