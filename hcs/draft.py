"""Where a writer builds: in place, or beside the place that it fills at the end."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hcs import hierarchy, spec, step
from hcs.errors import MetadataError, StoreError, UnsupportedVersionError
from hcs.lock import locked
from hcs.overlay import OverlayTarget
from hcs.pack import pack
from hcs.places import ASIDE, TRASH, beside, foreign_file, is_archive, local_path
from hcs.recovery import recover
from hcs.settle import settle
from hcs.target import DirectoryTarget, exchange, store_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from hcs.metadata import Plate


@dataclass(slots=True, kw_only=True)
class Draft:
    """A plate under construction, and what happens at the end."""

    target: DirectoryTarget
    """The directory that fields are written to."""

    final: Path
    """Where the plate belongs."""

    version: str
    aside: bool
    """Whether `target` is beside `final`."""

    def finish(self) -> None:
        """Make the plate appear where it belongs."""
        target = self.target
        if isinstance(target, OverlayTarget):
            try:
                target.publish()
            finally:
                target.end()
        elif self.aside:
            settle(target, now=True)
            if is_archive(self.final):
                pack(target.root, self.final, overwrite=True)
                shutil.rmtree(target.root)
            else:
                swap(target.root, self.final)

    def abandon(self, fields: int) -> list[str]:
        """Leave `final` as it was; return what to tell of the fields written so far."""
        where = self.target.root
        if isinstance(self.target, OverlayTarget):
            self.target.end()
        if not self.aside:
            return [f"{fields} field(s) were written to {where} and stay there."]
        if not fields:
            shutil.rmtree(where, ignore_errors=True)
            return [f"{self.final} was left as it was."]
        what = f"a writer on '{where}' with overwrite=False"
        if is_archive(self.final):
            what = f"hcs pack '{where}' '{self.final}'"
        return [
            f"{self.final} was left as it was. The {fields} field(s) written so far "
            f"are kept in {where}; go on with {what}."
        ]


def open_draft(
    store: Any,
    plate: Plate | None,
    version: str | None,
    *,
    overwrite: bool,
    foreign: bool,
    annotations: Mapping[str, Any],
    durable: bool,
) -> Draft:
    """Return where to write a plate, with its document in place.

    Parameters
    ----------
    foreign
        Whether `plate` came as another library's object, whose version may be no more
        than that library's default.

    Raises
    ------
    StoreError
        If the place holds something that is not a plate.
    """
    if version is not None:
        _check_version(version)
    if plate is not None:
        spec.check_plate(plate)
    final = local_path(store)
    final = final.parent.resolve() / final.name if final.name else final.resolve()
    if is_archive(final):
        return _open_archive(final, plate, version, overwrite, foreign, annotations)
    target = DirectoryTarget(final, durable=durable)
    occupied = _occupied(final)
    if occupied and not overwrite:
        recover(target)
        state = hierarchy.read_plate_state(target)
        chosen = choose_version(state.version, version, plate, foreign=foreign)
        if annotations:
            with target.lock():
                hierarchy.annotate(target, annotations)
        return Draft(target=target, final=final, version=chosen, aside=False)
    if plate is None:
        raise MetadataError(f"{final} holds no plate; give the plate's metadata.")
    chosen = choose_version(None, version, plate, foreign=foreign)
    if occupied:
        target = DirectoryTarget(beside(final), durable=durable)
        target.live = False
    if not _create(target, plate, chosen, annotations):
        return open_draft(
            store,
            plate,
            version,
            overwrite=False,
            foreign=foreign,
            annotations=annotations,
            durable=durable,
        )
    return Draft(target=target, final=final, version=chosen, aside=occupied)


def _create(
    target: DirectoryTarget, plate: Plate, version: str, annotations: Mapping[str, Any]
) -> bool:
    """Make the plate document; False where another writer was quicker."""
    target.make_root()
    with target.lock():
        if hierarchy.has_plate(target):
            return False
        hierarchy.create_plate(target, plate, version, annotations)
    return True


def _open_archive(
    final: Path,
    plate: Plate | None,
    version: str | None,
    overwrite: bool,
    foreign: bool,
    annotations: Mapping[str, Any],
) -> Draft:
    if final.is_dir():
        raise StoreError(f"{final} is a folder; an .ozx archive is a file.")
    if final.exists() and not overwrite:
        return _reopen_archive(final, plate, version, foreign, annotations)
    if plate is None:
        raise MetadataError(f"{final} holds no plate; give the plate's metadata.")
    chosen = choose_version(None, version, plate, foreign=foreign)
    if chosen == "0.4":
        raise UnsupportedVersionError(
            f"{final}: archives hold Zarr v3, so NGFF 0.5 or later; got 0.4."
        )
    target = DirectoryTarget(beside(final), durable=False)
    target.live = False
    _create(target, plate, chosen, annotations)
    return Draft(target=target, final=final, version=chosen, aside=True)


def _reopen_archive(
    final: Path,
    plate: Plate | None,
    version: str | None,
    foreign: bool,
    annotations: Mapping[str, Any],
) -> Draft:
    target = OverlayTarget(final)
    target.begin()
    try:
        state = hierarchy.read_plate_state(target)
        chosen = choose_version(state.version, version, plate, foreign=foreign)
        target.mark_draft()
        if annotations:
            hierarchy.annotate(target, annotations)
    except BaseException:
        target.remove_folder()
        target.end()
        raise
    return Draft(target=target, final=final, version=chosen, aside=True)


def choose_version(
    existing: str | None,
    given: str | None,
    plate: Plate | None,
    *,
    foreign: bool = False,
) -> str:
    """Return the version to write.

    The existing store's, else the argument, else the plate's, else 0.5.

    Raises
    ------
    UnsupportedVersionError
        If two that were given differ.
    """
    plate_version = None if plate is None else plate.version
    # Plate objects of ngff-zarr say 0.4 whenever nobody said anything.
    if foreign and plate_version == "0.4" and (existing or given):
        plate_version = None
    named = {
        "the existing plate": existing,
        "the argument": given,
        "the plate metadata": plate_version,
    }
    stated = {who: version for who, version in named.items() if version is not None}
    if len(set(stated.values())) > 1:
        listed = " and ".join(f"{version} ({who})" for who, version in stated.items())
        raise UnsupportedVersionError(
            f"Two NGFF versions were given: {listed}. Give one, or convert the plate."
        )
    return _check_version(next(iter(stated.values()), "0.5"))


def _check_version(version: str) -> str:
    if version not in spec.VERSIONS:
        raise UnsupportedVersionError(
            f"NGFF version {version!r} cannot be written; expected one of "
            f"{', '.join(spec.VERSIONS)}."
        )
    return version


def _occupied(path: Path) -> bool:
    """Whether a plate is at `path`; anything else there is an error."""
    if not path.exists() or (path.is_dir() and not any(path.iterdir())):
        return False
    if not path.is_dir():
        raise StoreError(f"{path} is a file, not a plate; nothing was written.")
    if not hierarchy.has_plate(DirectoryTarget(path)):
        raise StoreError(
            f"{path} is a folder that holds no plate; nothing was written. Choose an "
            f"empty or a new folder."
        )
    stranger = foreign_file(path)
    if stranger is not None:
        raise StoreError(
            f"{path} holds {stranger.relative_to(path)}, which is not part of a plate; "
            f"nothing was written. Move it away first."
        )
    return True


def swap(new: Path, final: Path) -> None:
    """Put a complete plate in the place of another, and remove that.

    In one step where the system can; else the place is empty for a moment. Readers of
    that moment may mix both: open the plate again.
    """
    trash = new.with_name(new.name.removesuffix(ASIDE) + TRASH)
    with store_errors(f"Could not put {new} in the place of {final}"):
        step.reached("swap")
        with locked(
            final
        ):  # who commits to the old plate is done, or meets the new one
            if exchange(new, final):
                step.reached("swapped")
                new.rename(trash)
            else:
                step.reached("swap away")
                final.rename(trash)
                step.reached("swap in")
                new.rename(final)
        step.reached("swap trash")
        with contextlib.suppress(OSError):
            shutil.rmtree(trash)
