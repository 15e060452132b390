"""Why something that a page asked for was not done, as a person can use it."""

from __future__ import annotations

from dashboard.logs import REQUEST
from dashboard.text import plain_text
from hcs.errors import HCSError


def failure(
    error: BaseException, what: str = "It could not be done", *, limit: int = 2000
) -> str:
    """Return why something failed.

    Parameters
    ----------
    error
        What was raised. Ours say all; of others the log has more than is for everybody.
    what
        What failed, a sentence without its end; said where the error is not ours.
    limit
        Characters.

    Returns
    -------
        With the id under which the log has an error that is not ours.
    """
    if isinstance(error, HCSError):
        return plain_text(error, limit)
    number = REQUEST.get()
    under = f", under {number}" if number else ""
    return f"{what}; the server's log says why{under}."
