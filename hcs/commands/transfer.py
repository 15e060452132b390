"""``hcs pack``, ``unpack`` and ``convert``: a plate into another form."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hcs.terminal import Bar, say

if TYPE_CHECKING:
    import argparse


def add_to(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the commands."""
    parser = commands.add_parser(
        "pack",
        help="write a plate into one .ozx file",
        description="Write a plate (NGFF 0.5 or later) into one .ozx archive.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument("archive", metavar="FILE.ozx")
    parser.add_argument(
        "--overwrite", action="store_true", help="replace an archive that is there"
    )
    parser.set_defaults(run=_pack)
    parser = commands.add_parser(
        "unpack",
        help="write the plate of an .ozx file into a folder",
        description="Write the plate of an .ozx archive into a new folder.",
    )
    parser.add_argument("archive", metavar="FILE.ozx")
    parser.add_argument("plate", metavar="PLATE")
    parser.set_defaults(run=_unpack)
    parser = commands.add_parser(
        "convert",
        help="write a plate anew in another NGFF version",
        description="Write a plate anew, in another NGFF version or as an archive.",
    )
    parser.add_argument("plate", metavar="PLATE")
    parser.add_argument("out", metavar="OUT", help="where to")
    parser.add_argument("--version", required=True, metavar="V", help="0.4, 0.5 or 0.6")
    parser.add_argument(
        "--overwrite",
        action="store_const",
        const="acquired",
        default=False,
        help="replace the plate that is there, with all its history",
    )
    parser.add_argument(
        "--drop-history",
        action="store_true",
        help="write the live versions only, as a plate of its own",
    )
    parser.set_defaults(run=_convert)


def _pack(options: argparse.Namespace) -> int:
    from hcs.writing.pack import pack

    with Bar("Packing") as bar:
        pack(options.plate, options.archive, overwrite=options.overwrite, progress=bar)
    say(f"Packed {options.plate} into {options.archive}.")
    return 0


def _unpack(options: argparse.Namespace) -> int:
    from hcs.writing.pack import unpack

    with Bar("Unpacking") as bar:
        unpack(options.archive, options.plate, progress=bar)
    say(f"Unpacked {options.archive} into {options.plate}.")
    return 0


def _convert(options: argparse.Namespace) -> int:
    from hcs.plates.opening import from_hcs_zarr
    from hcs.writing.copying.convert import copy_plate

    with from_hcs_zarr(options.plate) as plate, Bar("Converting") as bar:
        copy_plate(
            plate,
            options.out,
            version=options.version,
            overwrite=options.overwrite,
            progress=bar,
            history=not options.drop_history,
        )
    say(f"Wrote {options.out} as NGFF {options.version}.")
    return 0
