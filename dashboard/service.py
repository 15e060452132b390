"""The process-wide service behind all pages: plain values in, plain values out."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from concurrent.futures import Future
    from pathlib import Path
    from typing import Any, TypeVar

    from dashboard.values import (
        CacheFill,
        FieldValues,
        MetricInfo,
        MetricValues,
        PlateEntry,
        PlateOverview,
        Progress,
        Source,
        Staged,
        Upload,
        VersionView,
        WellView,
    )
    from hcs.metadata import Who

    _Result = TypeVar("_Result")


class Service:
    """Skeleton: the signatures that pages may use; bodies follow.

    Methods marked (fast) answer from memory or from one document and may be called on
    the event loop; the others belong into `Session.run`. All raise `hcs.errors.HCSError`
    with a message for people.
    """

    read_only: bool

    def __init__(
        self, roots: Iterable[object], workspace: Path, *, read_only: bool = False
    ) -> None:
        raise NotImplementedError

    def open_session(self) -> str: ...  # token
    def close_session(self, token: str) -> None: ...
    def submit(self, work: Callable[[], _Result]) -> Future[_Result]: ...
    def close(self) -> None: ...

    def plates(self) -> tuple[PlateEntry, ...]: ...  # fast
    def overview(self, key: str) -> PlateOverview: ...  # fast (one document)
    def well(self, key: str, label: str) -> WellView: ...  # fast when cached
    def revision(self, key: str) -> int: ...  # fast; key "" is the list of plates
    def metrics(self, key: str) -> tuple[MetricInfo, ...]: ...  # fast
    def values(
        self, key: str, metric: str, acquisition: int | None = None
    ) -> MetricValues: ...  # fast
    def field_values(self, key: str, label: str) -> tuple[FieldValues, ...]: ...
    def progress(self, key: str) -> Progress: ...  # fast: measuring
    def caches(self) -> tuple[CacheFill, ...]: ...  # fast
    def history(self, key: str, well: str, field: str) -> tuple[VersionView, ...]: ...

    def uploads(self, token: str) -> tuple[Upload, ...]: ...  # fast
    def remove_upload(self, token: str, upload: str) -> None: ...
    def suggest(
        self, key: str, well: str, field: str | None, uploads: Sequence[str]
    ) -> tuple[Source, ...]: ...
    def stage(
        self,
        token: str,
        key: str,
        well: str,
        field: str | None,
        sources: Sequence[Source],
        *,
        acquisition: int | None = None,
        label: str | None = None,
    ) -> Staged: ...
    def staged(self, staged: str) -> Staged: ...  # fast
    def confirm(self, staged: str, kind: str, confirmed: bool = True) -> Staged: ...
    def commit(self, staged: str, who: Who, reason: str) -> VersionView: ...
    def discard(self, staged: str) -> None: ...
    def revert(
        self, key: str, well: str, field: str, version: str, who: Who, reason: str
    ) -> Any: ...
