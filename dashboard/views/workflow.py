"""What a page works on step by step: a draft that each step replaces."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.session import Session

Draft = TypeVar("Draft")


class Workflow(Generic[Draft]):
    """A draft and whoever shows it.

    Parameters
    ----------
    session
        The page's.
    changed
        Called after each step; reads `draft`.
    draft
        Where nothing is done yet; a frozen dataclass.
    """

    def __init__(
        self, session: Session, changed: Callable[[], object], draft: Draft
    ) -> None:
        self._session = session
        self._changed = changed
        self._owner = session.visitor.subject
        self.draft = draft

    def _set(self, **changes: Any) -> None:
        self.draft = replace(self.draft, **changes)  # type: ignore[type-var]
        self._changed()
