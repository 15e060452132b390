"""What is said at addresses where nothing is: mostly a proxy changed the path."""

from __future__ import annotations

_LONGEST = 200


def reason_against_path(path: str, prefix: str) -> str:
    """Return why nothing answers at a path, and what to do about it.

    Parameters
    ----------
    path
        As it was asked for.
    prefix
        ``""`` or ``"/hcs"``: below which the server answers.

    >>> reason_against_path("/x", "/hcs").partition(": ")[0]
    "This server answers below '/hcs/' (--prefix), and was asked for '/x'"
    """
    shown = repr(path[:_LONGEST])
    if prefix and not f"{path}/".startswith(f"{prefix}/"):
        return (
            f"This server answers below '{prefix}/' (--prefix), and was asked for "
            f"{shown}: open '{prefix}/'. If that is what people open, a proxy takes a "
            f"part of the path off, and must pass it on as it is (nginx: proxy_pass "
            f"without a path, and without a slash at its end)."
        )
    first = path[len(prefix) :].lstrip("/").partition("/")[0][:_LONGEST]
    return (
        f"Nothing is at {shown}: the page is at '{prefix}/'. If a proxy serves it "
        f"below {f'/{first}'!r}, start hcs-dashboard with --prefix /{first}"
    )
