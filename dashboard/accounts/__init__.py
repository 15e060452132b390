"""Who is at a page, how that is known, and what their role is."""

from dashboard.accounts.visitor import (
    LOCAL,
    Identify,
    Role,
    Visitor,
    everybody_is_local,
)

__all__ = ["LOCAL", "Identify", "Role", "Visitor", "everybody_is_local"]
