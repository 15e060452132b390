"""The pools of threads that pages and pictures are served from."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

_Result = TypeVar("_Result")

_WORK_THREADS = 4
_PIXEL_THREADS = 4
_STACK_THREADS = 2
"""For projections and files, each of which may hold a gigabyte."""


_UPLOAD_THREADS = 2
"""For bytes that arrive: a disk that syncs must not hold up what somebody looks at."""


class Threads:
    """Four pools, so that slow work never holds up what somebody waits for.

    Work bears the context it was given in, and so the id of its request in the log.
    """

    def __init__(self) -> None:
        self._work = ThreadPoolExecutor(_WORK_THREADS, "work")
        self._pixels = ThreadPoolExecutor(_PIXEL_THREADS, "pixels")
        self._stacks = ThreadPoolExecutor(_STACK_THREADS, "stacks")
        self._uploads = ThreadPoolExecutor(_UPLOAD_THREADS, "uploads")

    def submit(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a page."""
        return self._work.submit(copy_context().run, work)

    def submit_pixels(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a picture; slow pages do not hold it up."""
        return self._pixels.submit(copy_context().run, work)

    def submit_stack(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work for a picture that reads much, apart from those that read little."""
        return self._stacks.submit(copy_context().run, work)

    def submit_upload(self, work: Callable[[], _Result]) -> Future[_Result]:
        """Do work with bytes that arrive."""
        return self._uploads.submit(copy_context().run, work)

    def close(self) -> None:
        """Wait for what is being done, and drop what has not begun."""
        for pool in (self._work, self._pixels, self._stacks, self._uploads):
            pool.shutdown(wait=True, cancel_futures=True)
