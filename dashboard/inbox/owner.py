"""Which server runs an import, and whether it still can: by machine and process."""

from __future__ import annotations

import os
import platform
import secrets
import uuid


def new_owner() -> str:
    """Return what tells a server of this process from all others."""
    return f"{machine()}:{os.getpid()}:{secrets.token_hex(4)}"


def machine() -> str:
    """Return what tells this machine, or container, from others of the same name."""
    return f"{platform.node()}-{uuid.getnode():x}"


def is_dead(owner: str) -> bool:
    """Whether a job's owner was a process of this machine that is no more."""
    where, _, process = owner.rpartition(":")[0].rpartition(":")
    if where != machine() or not process.isdigit() or os.name != "posix":
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except OSError:
        return False
    # This very process, with other jobs: a service that was closed and made again.
    return False
