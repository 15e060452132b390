"""Uploaded files are decoded by children that may be killed, never by the server.

A decoder that crashes, loops or eats memory takes its child down and nothing else.
Starting one takes longer than most files, so a child decodes one file after the other,
those of one person only; the next person's get a child that has seen nothing.
"""

from __future__ import annotations

import contextlib
import dataclasses
import json
import os
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dashboard.child_environment import python_environment
from dashboard.corrections.decoding import (
    MEMORY_BYTES,
    Decoded,
    DecodingOrder,
)
from hcs.errors import SourceError
from hcs.lifeline import Child

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from concurrent.futures import Future

_FILES = 200
"""Files after which a child is replaced, for what libraries never give back."""

_IDLE_SECONDS = 20.0
"""How long a child waits for more files before its memory is given back."""


class Decoder:
    """One child; not safe for threads.

    Attributes
    ----------
    owner
        Whose files it decodes.
    spent
        It decodes no more files: it has died, was killed or has decoded enough.
    """

    def __init__(self, owner: str = "", memory: int = MEMORY_BYTES) -> None:
        self.owner = owner
        self.spent = False
        self._files = 0
        self._child = Child(
            [sys.executable, "-m", "dashboard.corrections.decoding", str(memory)],
            python_environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )

    def decode(self, order: DecodingOrder) -> Decoded:
        """Decode a file into its target, which is not there where that fails.

        Raises
        ------
        SourceError
            If the file cannot be used, or the child exceeded a limit or died.
        """
        answer = self._answer(order)
        decoded = _from_json(answer.get("done"))
        self._files += 1
        if self._files >= _FILES or not (decoded or "refused" in answer):
            self.close()
        if decoded is not None:
            return decoded
        Path(order.target).unlink(missing_ok=True)
        raise SourceError(answer.get("refused") or self._reason(order, answer))

    def _answer(self, order: DecodingOrder) -> Mapping[str, Any]:
        """Return what the child says; nothing of it where it dies."""
        assert self._child.stdin is not None  # noqa: S101 - both are pipes
        assert self._child.stdout is not None  # noqa: S101
        late = threading.Event()

        def end() -> None:
            late.set()
            self._child.kill()

        watch = threading.Timer(order.seconds, end)
        watch.start()
        try:
            line = json.dumps(dataclasses.asdict(order)) + "\n"
            self._child.stdin.write(line.encode())
            self._child.stdin.flush()
            answer = json.loads(self._child.stdout.readline())
        except (OSError, ValueError):
            return {"late": late.is_set()}
        finally:
            watch.cancel()
        return answer if isinstance(answer, dict) else {}

    def _reason(self, order: DecodingOrder, answer: Mapping[str, Any]) -> str:
        start = f"{order.name} could not be decoded"
        if "failed" in answer:
            return f"{start}: {answer['failed']}"
        status = self._child.wait()
        if answer.get("late") or -status == getattr(signal, "SIGXCPU", None):
            return f"{start} within {order.seconds:.0f} s, and was given up."
        if status < 0:
            return (
                f"{start}: its decoder was ended by signal {-status}. The file is "
                f"damaged or made to do harm."
            )
        return f"{start}: its decoder ended without an answer (status {status})."

    def kill(self) -> None:
        """End the child while it decodes; may be called from any thread."""
        self._child.kill()

    def close(self) -> None:
        """End the child."""
        self.spent = True
        for pipe in (self._child.stdin, self._child.stdout):
            # What a killed child had not read is not flushed.
            with contextlib.suppress(OSError):
                pipe.close()  # type: ignore[union-attr]
        try:
            self._child.wait(1)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


class Decoders:
    """Children that decode at the same time, as many as memory and cores allow.

    Parameters
    ----------
    count
        Children; what fits where None.
    """

    def __init__(self, count: int | None = None) -> None:
        self._pool = ThreadPoolExecutor(count or _fitting(), "decoding")
        self._lock = threading.Lock()
        self._idle: list[Decoder] = []
        self._busy: set[Decoder] = set()
        self._working = 0
        self._rest: threading.Timer | None = None
        self._closed = False

    def submit(self, owner: str, order: Callable[[], DecodingOrder]) -> Future[Decoded]:
        """Decode a file of somebody when a child is free.

        Parameters
        ----------
        owner
            Subject of the visitor whose it is.
        order
            Makes the order, once it is the file's turn.
        """
        return self._pool.submit(self._work, owner, order)

    def close(self) -> None:
        """Drop what has not begun, and end the children; uploads stay as they came."""
        with self._lock:
            self._closed = True
            for decoder in self._busy:
                decoder.kill()
        self._pool.shutdown(wait=True, cancel_futures=True)
        self._end_idle()

    def _work(self, owner: str, order: Callable[[], DecodingOrder]) -> Decoded:
        prepared = order()
        decoder = self._take(owner)
        with self._lock:
            self._busy.add(decoder)
            if self._closed:
                decoder.kill()
        try:
            return decoder.decode(prepared)
        finally:
            with self._lock:
                self._busy.discard(decoder)
            self._give_back(decoder)

    def _take(self, owner: str) -> Decoder:
        with self._lock:
            self._working += 1
            if self._rest is not None:
                self._rest.cancel()
            mine = next(
                (decoder for decoder in self._idle if decoder.owner == owner), None
            )
            # Their memory is counted on, so that of another person ends first.
            other = self._idle[0] if mine is None and self._idle else None
            for decoder in (mine, other):
                if decoder is not None:
                    self._idle.remove(decoder)
        if other is not None:
            other.close()
        return mine or Decoder(owner)

    def _give_back(self, decoder: Decoder) -> None:
        with self._lock:
            self._working -= 1
            if not decoder.spent:
                self._idle.append(decoder)
            if self._working or self._closed:
                return
            self._rest = threading.Timer(_IDLE_SECONDS, self._end_idle)
            self._rest.daemon = True
            self._rest.start()

    def _end_idle(self) -> None:
        with self._lock:
            if self._working:
                return
            idle, self._idle = self._idle, []
            if self._rest is not None:
                self._rest.cancel()
        for decoder in idle:
            decoder.close()


def _fitting() -> int:
    """Return how many children the memory bears that have all filled theirs."""
    cores = os.cpu_count() or 1
    try:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, OSError, ValueError):  # Windows does not say it
        return 1
    return max(1, min(cores, memory // MEMORY_BYTES))


def _from_json(document: Any) -> Decoded | None:
    """Return what a child said of a file, None where that makes no sense."""
    if not isinstance(document, dict):
        return None
    values: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value
        for key, value in document.items()
    }
    try:
        more = tuple(map(_from_json, values.pop("more", ())))
        decoded = Decoded(**values)
    except TypeError:
        return None
    images = [image for image in (decoded, *more) if image is not None]
    if len(images) < 1 + len(more):
        return None
    fits = len(decoded.axes) == len(decoded.shape)
    return dataclasses.replace(decoded, more=tuple(images[1:])) if fits else None
