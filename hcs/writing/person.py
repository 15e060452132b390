"""Who acts and why, as a history keeps it."""

from __future__ import annotations

import getpass

from hcs.errors import ArgumentError
from hcs.metadata import Who


def login_name() -> Who:
    """Return the name that this process runs under."""
    try:
        return Who(getpass.getuser(), "login")
    except (OSError, KeyError, ImportError):
        return Who("unknown", "login")


def as_who(who: object) -> Who:
    """Return a person; a text is a name that was typed.

    Raises
    ------
    ArgumentError
        If it is neither, or has no name, or one that cannot be written.
    """
    person = Who(who.strip(), "typed") if isinstance(who, str) else who
    if isinstance(person, Who) and str(person.name).strip():
        _refuse_unwritable("name", str(person.name))
        return person
    raise ArgumentError(
        f"who is {who!r}; expected the name that the history keeps, such as "
        f"hcs.Who('Ada', 'typed')."
    )


def checked_reason(reason: object) -> str:
    """Return a reason that says something.

    Raises
    ------
    ArgumentError
        If it says nothing, or cannot be written.
    """
    text = reason.strip() if isinstance(reason, str) else ""
    if not text:
        raise ArgumentError(
            f"The reason is {reason!r}; say why, in a few words: the history keeps it."
        )
    _refuse_unwritable("reason", text)
    return text


def _refuse_unwritable(what: str, text: str) -> None:
    # Bytes of a file or a terminal that are not UTF-8 come as halves of characters.
    # Met only when the history is written, a correction would be staged already.
    try:
        text.encode("utf-8")
    except UnicodeEncodeError as error:
        raise ArgumentError(
            f"The {what} is {text!r}, and character {error.start + 1} is half of one; "
            f"the history is UTF-8 text: type it anew."
        ) from None
