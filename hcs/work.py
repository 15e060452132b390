"""Long work, said to whoever listens to the library's loggers.

Loggers are called as the modules (``hcs.writing.pack``) and get no handlers here: what
work begins, how far it is and how it ended is said at the level INFO, which Python
shows only where a program asks for it; warnings go to standard error by default.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import logging
    from collections.abc import Callable
    from types import TracebackType
    from typing import Self

    Progress = Callable[[int, int], None] | Callable[[int, int | None], None]

_SECONDS_BETWEEN = 10.0
"""Between two lines on how far work is."""


class Work:
    """Work that may take long: a context manager, or `begin` and `end`.

    Parameters
    ----------
    log
        Logger of the module that does it.
    name
        What is done and to what: ``"Packing p.ome.zarr into p.ozx"``.
    progress
        What a caller wants called with the steps that are done and all there are.
    """

    def __init__(
        self, log: logging.Logger, name: str, progress: Progress | None = None
    ) -> None:
        self._log = log
        self._name = name
        self._progress = progress
        self._begun = self._said = 0.0
        self._done = ""

    def begin(self) -> Self:
        """Say that it begins."""
        self._begun = self._said = time.monotonic()
        self._log.info("%s.", self._name)
        return self

    __enter__ = begin

    def __call__(self, done: int, total: int | None) -> None:
        """Say that `done` of `total` steps are done."""
        self._done = f"{done}" if total is None else f"{done} of {total}"
        moment = time.monotonic()
        if moment - self._said >= _SECONDS_BETWEEN:
            self._said = moment
            self._log.info("%s: %s.", self._name, self._done)
        if self._progress is not None:
            self._progress(done, total)  # type: ignore[arg-type]

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.end(error)

    def end(self, error: BaseException | None = None) -> None:
        """Say how it ended."""
        count = f" ({self._done})" if self._done else ""
        seconds = time.monotonic() - self._begun
        if error is None:
            self._log.info("%s: done%s in %.1f s.", self._name, count, seconds)
        elif isinstance(error, GeneratorExit):
            self._log.info("%s: left%s after %.1f s.", self._name, count, seconds)
        else:
            why = str(error) or type(error).__name__
            self._log.info(
                "%s: failed%s after %.1f s: %s", self._name, count, seconds, why
            )
