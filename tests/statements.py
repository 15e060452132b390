"""What is done before each statement of a database, while threads use it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, event

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sqlalchemy import Pool

_ACTS: dict[Pool, Callable[[], object]] = {}


# Listened to from the import on: a listener that comes or goes while another thread's
# statement walks the list of them fails that statement.
@event.listens_for(Engine, "before_cursor_execute")
def _act(connection: Connection, *_: object) -> None:
    act = _ACTS.get(connection.engine.pool)
    if act is not None:
        act()


@contextmanager
def before_statements(engine: Engine, act: Callable[[], object]) -> Iterator[None]:
    """Have every statement of a database do something first."""
    _ACTS[engine.pool] = act
    try:
        yield
    finally:
        del _ACTS[engine.pool]
