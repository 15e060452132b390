"""What pages ask of projects: rules, roles, revisions of settings, who a plate is."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.errors import NotServedError
from dashboard.projects.rules import OF_WELLS
from dashboard.text import plain_text

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from dashboard.access import Access
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.projects.plate_links import Link, Links
    from dashboard.projects.roles import RoleStore, RolesView
    from dashboard.projects.rules import Projects, ReviewRules
    from hcs.qc import RoleMapping


class ProjectDesk:
    """What the plates of a folder agree on, and which plates they are.

    Parameters
    ----------
    plates, access, projects, roles, links
        What the answers are made of.
    changing
        Makes what a block keeps of a plate one transaction; raises where it may not be.
    roles_changed
        Called with a plate whose wells are for something else now.
    has_acts
        Whether decisions are kept under an id.
    forget
        Called with the key of a plate whose decisions are others now.
    """

    def __init__(
        self,
        plates: Plates,
        access: Access,
        projects: Projects,
        roles: RoleStore,
        links: Links,
        *,
        changing: Callable[[str], AbstractContextManager[None]],
        roles_changed: Callable[[ServedPlate], None],
        has_acts: Callable[[str], bool],
        forget: Callable[[str], None],
    ) -> None:
        self._plates = plates
        self._access = access
        self._projects = projects
        self._roles = roles
        self._links = links
        self._changing = changing
        self._roles_changed = roles_changed
        self._has_acts = has_acts
        self._forget = forget

    # --- rules and roles --------------------------------------------------------------

    def rules(self, key: str) -> ReviewRules:
        """Return the reasons, keys and minimum of fields of the project (fast)."""
        return self._projects.rules(self._access.plate(key))

    def keep_rules(self, key: str, rules: ReviewRules) -> None:
        """Keep how the plates of the plate's project are judged.

        Raises
        ------
        DashboardError
            If a code or a number is not allowed.
        SignedOffError
            If the minimum of fields, or a limit of use, changes what a plate says that
            is signed off.
        """
        self._access.may_write()
        plate = self._access.plate(key)
        before = self._projects.rules(plate)
        if (rules.min_fields, rules.use) == (before.min_fields, before.use):
            self._projects.keep(plate, rules)
        else:
            with self._changing(key):
                self._projects.keep(plate, rules)
        plate.bump()

    def roles(self, key: str) -> RolesView:
        """Return what the wells are for (fast)."""
        return self._roles.view(self._access.overview(key))

    def keep_roles(self, key: str, mapping: RoleMapping | None) -> None:
        """Keep what the columns of the plate map mean, for the plate's project.

        Parameters
        ----------
        key
            The plate.
        mapping
            None returns to what is proposed.
        """
        plate = self._access.plate(key)
        with self._changing(key):
            self._roles.keep(plate.overview(), mapping)
        self._roles_changed(plate)

    def settings_revision(self, key: str) -> str:
        """Return the id of all settings that verdicts on a plate rest on."""
        return self._projects.revision(self._access.plate(key))

    def settings_document(self, revision: str, key: str = "") -> dict[str, Any] | None:
        """Return what a settings revision stands for, None where it is not known.

        Parameters
        ----------
        revision
            Its id.
        key
            Of the plate that it is shown for: what an open blind review of that plate
            hides is left out.
        """
        document = self._projects.document(revision)
        if document is None or not key or not self._access.hides_conditions(key):
            return document
        return {name: part for name, part in document.items() if name not in OF_WELLS}

    # --- which plate it is ------------------------------------------------------------

    def link(self, key: str) -> Link:
        """Return which plate this is, and whether copies of it are about."""
        return self._links.view(self._access.plate(key), self._plates.all())

    def set_apart(self, key: str) -> None:
        """Say that a plate is a copy, judged apart from now on."""
        self._access.may_write()
        self._links.set_apart(self._access.plate(key))
        self._forget(key)

    def join(self, key: str) -> None:
        """Say that a plate is the same one as those with its id."""
        self._access.may_write()
        self._links.join(self._access.plate(key))
        self._forget(key)

    def take_over(self, key: str, id: str) -> None:
        """Give a plate the decisions that are kept under another id."""
        self._access.may_write()
        plate = self._access.plate(key)
        if not self._has_acts(id):
            raise NotServedError(
                f"No decisions are kept under {plain_text(id, 60)!r}; `hcs-dashboard "
                f"relink` of the other plate tells its id."
            )
        self._links.take_over(plate, id)
        self._forget(key)
