"""What is installed by name only: ``pip install 'hcs-dashboard[EXTRA]'``."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING

from hcs.errors import MissingExtraError

if TYPE_CHECKING:
    from collections.abc import Iterator

_OWN = ("hcs", "dashboard")
_REQUIREMENT = re.compile(r"([\w.-]+)[^;]*;.*\bextra == ['\"]([\w-]+)['\"]")


@contextmanager
def extra(name: str, purpose: str, *, instead: str = "") -> Iterator[None]:
    """Name the extra to install where an import within the block fails.

    Parameters
    ----------
    name
        The extra as `pyproject.toml` calls it, ``"importing"``.
    purpose
        Who needs it, as the subject of a sentence: ``"Reading TIFF files"``.
    instead
        What can be done without it, ``"or save it as CSV"``.

    Raises
    ------
    MissingExtraError
        If a package cannot be imported. Of several blocks the innermost is named;
        a module of this package that is missing is a fault, and stays one.
    """
    try:
        yield
    except MissingExtraError:
        raise
    except ImportError as error:
        if (error.name or "").partition(".")[0] in _OWN:
            raise
        reason = str(error).partition("\n")[0].rstrip(".")
        raise _missing(name, purpose, reason, instead) from error


def refuse_missing(name: str, purpose: str) -> None:
    """Raise where a package of an extra is not installed; imports none of them.

    For programs that would otherwise notice after half of their work.

    Parameters
    ----------
    name, purpose
        As of `extra`.

    Raises
    ------
    MissingExtraError
        If a package is missing. Where this package itself is not installed, as in a
        clone on the path, its extras are not known and nothing is refused.
    """
    missing = [package for package in _packages(name) if not _installed(package)]
    if missing:
        raise _missing(name, purpose, f"not installed: {', '.join(missing)}")


def _missing(
    name: str, purpose: str, reason: str, instead: str = ""
) -> MissingExtraError:
    command = f"pip install 'hcs-dashboard[{name}]'"
    return MissingExtraError(
        f"{purpose} needs the extra {name!r} ({reason}): {command}"
        f"{instead and f', {instead}'}."
    )


def _packages(name: str) -> list[str]:
    """Return what an extra adds, by what is said of this package as it is installed."""
    # Imported when an extra is asked for: it loads all of `email`, which `hcs info`
    # need not wait for.
    from importlib.metadata import PackageNotFoundError, requires

    try:
        requirements = requires("hcs-dashboard") or ()
    except PackageNotFoundError:
        return []
    matches = map(_REQUIREMENT.match, requirements)
    return [match[1] for match in matches if match and match[2] == name]


def _installed(package: str) -> bool:
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        # Which is not parsed, as its version would be: some milliseconds a package.
        return bool(distribution(package).read_text("METADATA"))
    except PackageNotFoundError:
        return False
