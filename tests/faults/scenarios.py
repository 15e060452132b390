"""What the killed processes do: each kind of writing, on plates of constant fields.

A scenario gets a folder with `plate.zarr` (made by `prepare`) and says ``done ...`` for
each thing that it was told is written. Every field has one value in all its pixels, so
that a mix of two versions shows.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import zarr

import hcs
import hcs.writing.copying.convert
import hcs.writing.copying.tree
import hcs.writing.encoding.verify
import hcs.writing.targets.archive
import hcs.writing.targets.draft_target
import hcs.writing.targets.folder
import hcs.writing.versions.settle
from hcs.metadata import Plate, PlateColumn, PlateRow, PlateWell
from hcs.writing.copying.convert import to_hcs_zarr
from hcs.writing.versions.purge import purge
from hcs.writing.versions.recovery import recover
from hcs.writing.versions.upkeep import settle
from hcs.writing.writer import HCSPlateWriter

if TYPE_CHECKING:
    from collections.abc import Callable

    Say = Callable[[str], None]

SHAPE = (2, 70, 90)
ME = hcs.Who("tester", "typed")

FIRST, OTHER, NEIGHBOUR = 11, 22, 33
"""Values of A/1 field 0, A/1 field 1 and B/2 field 0 of the prepared plate."""


def document() -> Plate:
    return Plate(
        columns=[PlateColumn("1"), PlateColumn("2")],
        rows=[PlateRow("A"), PlateRow("B")],
        wells=[PlateWell("A/1", 0, 0), PlateWell("B/2", 1, 1)],
        name="faults",
    )


def image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full(SHAPE, value, "u2"), dims=("c", "y", "x"))


def write(writer: HCSPlateWriter, value: int, well: str, field: int, say: Say) -> None:
    row, column = well.split("/")
    writer.write_well_image(image(value), row, column, field, levels=2)
    say(f"done {well}/{field}={value}")


def _quiet(_: str) -> None:
    pass


def prepare(place: Path, version: str, *, corrected: bool = False) -> None:
    """Make the plate that most scenarios start from."""
    path = place / "plate.zarr"
    with HCSPlateWriter(path, document(), version, durable=False) as writer:
        write(writer, FIRST, "A/1", 0, _quiet)
        write(writer, OTHER, "A/1", 1, _quiet)
        write(writer, NEIGHBOUR, "B/2", 0, _quiet)
    if corrected:
        correct(place, version, _quiet)


def prepare_archive(place: Path, version: str) -> None:
    prepare(place, version)
    hcs.pack(place / "plate.zarr", place / "plate.ozx")


def live(path: Path, well: str = "A/1", field: str = "0") -> str:
    with hcs.from_hcs_zarr(path) as plate:
        opened = plate.get_well(*well.split("/"))
        assert opened is not None
        return opened.field(field).version


def create(place: Path, version: str, say: Say) -> None:
    with HCSPlateWriter(place / "new.zarr", document(), version) as writer:
        write(writer, 44, "A/1", 0, say)
        write(writer, 55, "A/1", 1, say)
        write(writer, 66, "B/2", 0, say)


def add(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    with HCSPlateWriter(path, version=version, overwrite=False) as writer:
        write(writer, 44, "A/1", 2, say)
        write(writer, 55, "A/2", 0, say)  # a well that the plate does not list yet


def correct(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    staged = hcs.stage_field(path, "A/1", "0", image(77), base=live(path), levels=2)
    staged.commit(who=ME, reason="out of focus")
    say("done A/1/0=77")


def settle_now(place: Path, version: str, say: Say) -> None:
    settle(place / "plate.zarr", now=True)
    say("done settled")


def settle_slowly(place: Path, version: str, say: Say) -> None:
    # The first call brings the version home, the second removes its alias.
    settle(place / "plate.zarr", grace=1e-6)
    settle(place / "plate.zarr", grace=1e-6)
    say("done settled")


def revert(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    first = hcs.history(path)["A/1", "0"][0].id
    hcs.revert(path, "A/1", "0", first, who=ME, reason="was right")
    say(f"done A/1/0={FIRST}")


def revert_to_what_was_put_away(place: Path, version: str, say: Say) -> None:
    settle(place / "plate.zarr", now=True)
    revert(place, version, say)


def put_away_what_was_taken_back(place: Path, version: str, say: Say) -> None:
    revert(place, version, say)
    settle(place / "plate.zarr", now=True)


def _without_renames(path: Path) -> zarr.abc.store.Store:
    """Return a plate as a bucket: a group in it can only be copied and removed."""
    return zarr.storage.WrapperStore(zarr.storage.LocalStore(path))


def settle_by_copies(place: Path, version: str, say: Say) -> None:
    settle(_without_renames(place / "plate.zarr"), now=True)
    say("done settled")


def revert_by_copies(place: Path, version: str, say: Say) -> None:
    store = _without_renames(place / "plate.zarr")
    settle(store, now=True)
    first = hcs.history(store)["A/1", "0"][0].id
    hcs.revert(store, "A/1", "0", first, who=ME, reason="was right")
    say(f"done A/1/0={FIRST}")
    settle(store, now=True)


def label(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    for value in (1, 2):
        mask = np.full(SHAPE[1:], value, "u1")
        hcs.write_labels(path, "A/1", "0", "nuclei", mask, overwrite=True)
    hcs.write_table(path, "A/1", "0", "measured", {"label": [1], "area": [2.5]})
    say("done labelled")


def settle_and_correct_again(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    settle(path, grace=1e-6)
    staged = hcs.stage_field(path, "A/1", "0", image(88), base=live(path), levels=2)
    staged.commit(who=ME, reason="again")
    say("done A/1/0=88")
    settle(path, now=True)


def purge_all(place: Path, version: str, say: Say) -> None:
    path = place / "plate.zarr"
    settle(path, now=True)
    purge(path, originals=True, yes=True, who=ME, reason="space")
    say("done purged")


def replace_plate(place: Path, version: str, say: Say) -> None:
    with HCSPlateWriter(place / "plate.zarr", document(), version) as writer:
        write(writer, 91, "A/1", 0, _quiet)
        write(writer, 92, "A/1", 1, _quiet)
        write(writer, 93, "B/2", 0, _quiet)
    say("done replaced")


def _without_exchange() -> None:
    """Be on a file system where two names cannot be exchanged in one step."""

    def refuse(first: Path, second: Path) -> bool:
        return False

    hcs.writing.targets.folder.exchange = refuse
    hcs.writing.targets.draft_target.exchange = refuse


def replace_plate_by_renames(place: Path, version: str, say: Say) -> None:
    _without_exchange()
    replace_plate(place, version, say)


def settle_by_renames(place: Path, version: str, say: Say) -> None:
    _without_exchange()
    settle_now(place, version, say)


def pack(place: Path, version: str, say: Say) -> None:
    hcs.pack(place / "plate.zarr", place / "packed.ozx", overwrite=True)
    say("done packed")


def write_archive(place: Path, version: str, say: Say) -> None:
    with HCSPlateWriter(place / "plate.ozx", document(), version) as writer:
        write(writer, 91, "A/1", 0, _quiet)
        write(writer, 92, "A/1", 1, _quiet)
        write(writer, 93, "B/2", 0, _quiet)
    say("done replaced")


def correct_archive(place: Path, version: str, say: Say) -> None:
    path = place / "plate.ozx"
    staged = hcs.stage_field(path, "A/1", "0", image(77), base=live(path), levels=2)
    staged.commit(who=ME, reason="out of focus")
    say("done A/1/0=77")


def convert(place: Path, version: str, say: Say) -> None:
    other = "0.5" if version == "0.4" else "0.4"
    with hcs.from_hcs_zarr(place / "plate.zarr") as plate:
        to_hcs_zarr(plate, place / "converted.zarr", version=other)
    say("done converted")


def recover_now(place: Path, version: str, say: Say) -> None:
    recover(place / "plate.zarr")
    say("done recovered")


def lose_rights(place: Path) -> None:
    """Become nobody, for whom the folder of a well is not writable."""
    (place / "plate.zarr" / "A" / "1").chmod(0o555)
    os.setresgid(65534, 65534, 65534)
    os.setresuid(65534, 65534, 65534)


SCENARIOS: dict[str, Callable[[Path, str, Say], None]] = {
    function.__name__: function
    for function in (
        create,
        add,
        correct,
        settle_now,
        settle_slowly,
        revert,
        revert_to_what_was_put_away,
        put_away_what_was_taken_back,
        settle_by_copies,
        revert_by_copies,
        label,
        settle_and_correct_again,
        purge_all,
        replace_plate,
        replace_plate_by_renames,
        settle_by_renames,
        pack,
        write_archive,
        correct_archive,
        convert,
        recover_now,
    )
}
