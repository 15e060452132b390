"""Hashes of passwords: Argon2id, by argon2-cffi."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError
from hcs.extras import extra

if TYPE_CHECKING:
    import argon2

SHORTEST = 8
LONGEST = 1000


def hash_password(password: str) -> str:
    """Return the hash of a password, with its salt and parameters.

    Raises
    ------
    DashboardError
        If it is too short or too long.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        raise DashboardError(
            f"A password has {SHORTEST} to {LONGEST} characters; this one has "
            f"{len(password)}. Nothing was changed."
        )
    return _hasher().hash(password)


def verify_password(known: str | None, password: str) -> bool:
    """Return whether a password is the one of a hash.

    Parameters
    ----------
    known
        The hash; None where nobody has the name, which takes as long as a wrong
        password, so that names cannot be found out by the clock.
    password
        As it was typed; longer ones than `LONGEST` are no password.
    """
    hasher = _hasher()
    from argon2.exceptions import Argon2Error, InvalidHashError

    if len(password) > LONGEST:
        password = ""
    try:
        hasher.verify(known or _nobodys_hash(), password)
    except (Argon2Error, InvalidHashError):
        return False
    return known is not None


def is_hash(text: str) -> bool:
    """Return whether a text has the form of a hash of this kind."""
    _hasher()
    from argon2 import extract_parameters
    from argon2.exceptions import InvalidHashError

    try:
        extract_parameters(text)
    except InvalidHashError:
        return False
    return True


@functools.cache
def _hasher() -> argon2.PasswordHasher:
    with extra("sign-in", "Signing in with passwords"):
        import argon2
    # The parameters of RFC 9106 for machines that do other things as well.
    return argon2.PasswordHasher.from_parameters(argon2.profiles.RFC_9106_LOW_MEMORY)


@functools.cache
def _nobodys_hash() -> str:
    return _hasher().hash("of nobody")
