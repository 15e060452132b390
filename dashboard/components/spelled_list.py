"""A parameter whose owner has the last word on what is set."""

from __future__ import annotations

from typing import Any

import param


class SpelledList(param.List[Any]):
    """A list that its owner respells, completes or refuses before anybody hears of it.

    The owner has ``spelled(name, values)``. A watcher that sets the list anew would be
    too late: browsers then get the spelling of before as the last one.
    """

    def __set__(self, owner: Any, values: Any) -> None:
        super().__set__(
            owner, values if owner is None else owner.spelled(self.name, values)
        )
