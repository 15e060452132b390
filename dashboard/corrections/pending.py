"""Corrections of plates that cannot be written: kept in the workspace, on no plate.

They are shown beside the present picture and can be exported, and are in no value,
statistic, suspicion, report or table: nothing but this module reads them.
"""

from __future__ import annotations

import contextlib
import json
import re
import secrets
import shutil
import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from dashboard.corrections.differences import micrometres
from dashboard.corrections.staged_pixels import levels
from dashboard.errors import NotServedError
from dashboard.events import now
from hcs.errors import HCSError
from hcs.ingest import FieldCorrection, pack_corrections

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray

    from dashboard.corrections.staged import StagedCorrection
    from dashboard.plates.served import ServedPlate
    from hcs import NgffImage
    from hcs.metadata import Who

_PIXELS, _DOCUMENT = "pixels.npy", "correction.json"
_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingCorrection:
    """A correction that waits until somebody takes it to where the plate is written."""

    id: str
    """Unguessable; its picture is at ``pixels/staged/<id>/...``."""

    well: str
    """Label of the well."""

    field: str
    field_label: str
    base: str | None
    """Version that the field showed; None of a new field."""

    action: str
    """``"Replace B02 field s1"``."""

    who: str
    known: str
    why: str
    when: str
    """UTC, ISO 8601."""

    sources: tuple[str, ...]
    axes: tuple[str, ...]
    channels: tuple[str, ...]
    """Names of all channels of the pixels."""

    brought: tuple[int, ...]
    """Places of those that files brought."""

    pixel_size: float | None = None
    """Micrometres."""

    outdated: bool = False
    """The field shows another version by now."""


class PendingCorrections:
    """The pending corrections of all plates, as folders of the workspace.

    Thread safety: each correction is a folder that is renamed into place whole.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def keep(
        self, correction: StagedCorrection, who: Who, reason: str
    ) -> PendingCorrection:
        """Keep what is staged; the staged one stays for its caller to drop."""
        view, assembly = correction.view, correction.assembly
        pending = PendingCorrection(
            id=secrets.token_urlsafe(18),
            well=view.well,
            field=view.field,
            field_label=view.field_label,
            base=view.base,
            action=view.action,
            who=who.name,
            known=who.known,
            why=reason,
            when=now(),
            sources=view.sources,
            axes=assembly.axes,
            channels=assembly.channels,
            brought=assembly.brought,
            pixel_size=micrometres(view.view),
        )
        parent = self._of(correction.plate)
        parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=".", dir=parent))
        try:
            shutil.copyfile(correction.file, draft / _PIXELS)
            text = json.dumps(asdict(pending), ensure_ascii=False)
            (draft / _DOCUMENT).write_text(text, encoding="utf-8")
            draft.rename(parent / pending.id)
        except BaseException:
            shutil.rmtree(draft, ignore_errors=True)
            raise
        return pending

    def of_plate(self, plate: ServedPlate) -> tuple[PendingCorrection, ...]:
        """Return the pending corrections of a plate, oldest first."""
        try:
            folders = [entry for entry in self._of(plate).iterdir() if _is_id(entry)]
        except OSError:
            return ()
        pending = [_read(folder) for folder in folders]
        return tuple(
            replace(correction, outdated=_is_outdated(plate, correction))
            for correction in sorted(
                filter(None, pending), key=lambda record: record.when
            )
        )

    def images(self, plate: ServedPlate, pending: str) -> tuple[NgffImage, ...]:
        """Return the resolutions of a pending correction."""
        correction = self._get(plate, pending)
        return levels(self._pixels(plate, pending), correction.axes)

    def remove(self, plate: ServedPlate, pending: str) -> None:
        """Forget a pending correction."""
        self._get(plate, pending)
        shutil.rmtree(self._of(plate) / pending, ignore_errors=True)

    def plate_of(self, pending: str) -> str:
        """Return the id of the plate of a pending correction, "" if there is none."""
        if _ID.fullmatch(pending):
            with contextlib.suppress(OSError):
                for folder in self._folder.iterdir():
                    if (folder / pending / _DOCUMENT).exists():
                        return folder.name
        return ""

    @contextlib.contextmanager
    def exported(self, plate: ServedPlate) -> Iterator[Path]:
        """Yield a zip of a plate's pending corrections, which `hcs correct` takes."""
        with tempfile.TemporaryDirectory(dir=self._folder, prefix=".") as folder:
            path = Path(folder) / "corrections.zip"
            name = plate.plate.name or ""
            fields = (
                self._packed(plate, correction) for correction in self.of_plate(plate)
            )
            pack_corrections(path, name, fields)
            yield path

    # --- inside -----------------------------------------------------------------------

    def _packed(
        self, plate: ServedPlate, pending: PendingCorrection
    ) -> FieldCorrection:
        pixels = self._pixels(plate, pending.id)
        if "c" in pending.axes:
            pixels = pixels.take(pending.brought, axis=pending.axes.index("c"))
        size = pending.pixel_size
        return FieldCorrection(
            well=pending.well,
            field=pending.field,
            label=pending.field_label,
            axes=pending.axes,
            pixels=pixels,
            channels=tuple(pending.channels[place] for place in pending.brought),
            pixel_size=None if size is None else (size, size),
            reason=pending.why,
            who=pending.who,
        )

    def _get(self, plate: ServedPlate, pending: str) -> PendingCorrection:
        folder = self._of(plate) / pending
        correction = _read(folder) if _ID.fullmatch(pending) else None
        if correction is None:
            raise NotServedError("There is no such pending correction (any more).")
        return correction

    def _pixels(self, plate: ServedPlate, pending: str) -> NDArray[Any]:
        path = self._of(plate) / pending / _PIXELS
        pixels: NDArray[Any] = np.load(path, mmap_mode="r", allow_pickle=False)
        return pixels

    def _of(self, plate: ServedPlate) -> Path:
        return self._folder / re.sub(r"[^A-Za-z0-9_-]", "_", plate.plate.id)[:80]


def _is_id(path: Path) -> bool:
    return bool(_ID.fullmatch(path.name)) and path.is_dir()


def _read(folder: Path) -> PendingCorrection | None:
    """Return what is kept in a folder, None where that cannot be understood."""
    try:
        document = json.loads((folder / _DOCUMENT).read_text(encoding="utf-8"))
        values: dict[str, Any] = {
            key: tuple(value) if isinstance(value, list) else value
            for key, value in document.items()
        }
        return PendingCorrection(**values)
    except (OSError, ValueError, TypeError):
        return None


def _is_outdated(plate: ServedPlate, pending: PendingCorrection) -> bool:
    if pending.base is None:
        return False
    try:
        return plate.field(pending.well, pending.field).version != pending.base
    except HCSError:
        return True
