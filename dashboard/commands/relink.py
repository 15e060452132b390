"""``hcs-dashboard relink``: parsing and printing only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.commands.opening import add_places, served

if TYPE_CHECKING:
    import argparse


def add_relink(commands: Any) -> None:
    """Add the command to a parser's commands."""
    relink = commands.add_parser(
        "relink",
        help="say which plate a moved, renamed or copied plate is",
        description=(
            "Decisions follow a plate's id wherever the plate is moved. Without an "
            "option, tell what is known of it; with one, say which plate it is."
        ),
    )
    relink.add_argument("plate", metavar="PLATE")
    what = relink.add_mutually_exclusive_group()
    what.add_argument(
        "--same",
        action="store_true",
        help="it is the same plate: it shares its decisions with the other places",
    )
    what.add_argument(
        "--apart",
        action="store_true",
        help="it is a copy to be judged apart: it begins without decisions",
    )
    what.add_argument(
        "--to",
        metavar="ID",
        help="it is the plate with this id, whose documents were edited since",
    )
    add_places(relink)
    relink.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Say which plate it is, and print what is known then."""
    changes = bool(options.same or options.apart or options.to)
    with served(options, read_only=not changes) as (service, key):
        if options.same:
            service.projects.join(key)
        elif options.apart:
            service.projects.set_apart(key)
        elif options.to:
            service.projects.take_over(key, options.to)
        link = service.projects.link(key)
        acts = len(service.reviews.acts(key))
    lines = [
        f"id          {link.id}",
        *([f"ledger      {link.ledger}"] if link.ledger != link.id else []),
        *(f"also        {other}" for other in link.also),
        f"decisions   {acts}",
        *(f"was at      {location}" for location in link.before),
        *(f"also at     {location}" for location in link.copies),
        *([link.question] if link.question else []),
    ]
    print("\n".join(lines))
    return 0
