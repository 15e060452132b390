"""A visitor: the person or program that a request comes from."""

from __future__ import annotations

import enum
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from hcs.metadata import Who

if TYPE_CHECKING:
    from tornado.httputil import HTTPServerRequest


class Role(enum.IntEnum):
    """What somebody may do; each role may do all that those before it may."""

    VIEWER = 1
    """Looks and exports."""

    REVIEWER = 2
    """Adds notes, verdicts and uploads, and stages corrections."""

    CURATOR = 3
    """Changes plates and how they are judged."""

    ADMIN = 4
    """People, settings, reopening."""

    @property
    def label(self) -> str:
        """The role as files, headers and people write it: ``"curator"``."""
        return self.name.lower()

    @classmethod
    def named(cls, label: str) -> Role | None:
        """Return the role of a label in any case, None where there is none of it."""
        return cls.__members__.get(label.strip().upper())


@dataclass(frozen=True, slots=True, kw_only=True)
class Visitor:
    """Who a request comes from.

    What the gate let in has a visitor; a request without one is answered only by what
    asks for no visitor (the page that says how to come in, scripts, health).
    """

    subject: str
    """What tells this visitor from all others and never changes: `"local"`, or the
    name, subject or account that the sign-in gave. Uploads belong to it."""

    name: str = ""
    """As others see it; "" where the page asks for a name (`known` is ``"typed"``)."""

    known: str = "typed"
    """How the name is known, as in `hcs.metadata.Who`: ``"typed"``, ``"sign-in"`` or
    ``"proxy"``."""

    role: Role = Role.VIEWER
    """In every project that `project_roles` does not name."""

    project_roles: Mapping[str, Role] = field(default_factory=dict)
    """Roles of single projects, by the name of the project's folder: ``"screen-7"``;
    where names repeat with folders before it, ``"lab-a/screen-7"``."""

    session: str = ""
    """Id of the signed-in session; "" where there is none. A removed session closes
    its pages."""

    @property
    def types_name(self) -> bool:
        """Whether the page asks for a name: nothing has signed this visitor in."""
        return self.known == "typed"

    def role_in(self, project: str) -> Role:
        """Return the role in a project.

        Parameters
        ----------
        project
            Path or address of its folder. The longest name that is its end decides.
        """
        if not self.project_roles:
            return self.role
        folders = project.split("/")
        names = ("/".join(folders[start:]) for start in range(len(folders)))
        roles = (
            self.project_roles[name] for name in names if name in self.project_roles
        )
        return next(roles, self.role)

    def who(self, typed: str = "") -> Who | None:
        """Return the person as history stores it, None while there is no name.

        Parameters
        ----------
        typed
            The name that the page was given; only taken where nothing signs in.
        """
        name = typed if self.types_name else self.name
        return Who(name, self.known) if name else None


LOCAL = Visitor(subject="local", role=Role.ADMIN)
"""Whoever started the server, or was given its token."""

Identify = Callable[["HTTPServerRequest"], Visitor | None]
"""Returns who a request comes from, None where nobody knows. It is asked for every
request, the websocket's included, and must be fast."""


def everybody_is_local(request: Any) -> Visitor | None:
    """Identify everybody as the local visitor (``--no-token``)."""
    return LOCAL
