"""Who is at a page, how that is known, and what their role is."""

from dashboard.accounts.cookies import Cookies, SignedIn
from dashboard.accounts.entrance import Entrance, first_of
from dashboard.accounts.tokens import LocalStart, Tokens
from dashboard.accounts.visitor import (
    LOCAL,
    Identify,
    Role,
    Visitor,
    everybody_is_local,
)

__all__ = [
    "LOCAL",
    "Cookies",
    "Entrance",
    "Identify",
    "LocalStart",
    "Role",
    "SignedIn",
    "Tokens",
    "Visitor",
    "everybody_is_local",
    "first_of",
]
