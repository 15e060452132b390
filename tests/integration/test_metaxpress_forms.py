"""All forms in which MetaXpress writes a plate, and what an import makes of each."""

from __future__ import annotations

import re

import numpy as np
import pytest
import tifffile

import hcs
from hcs.ingest.importing import import_plate

GUID = "0A1B2C3D-1111-2222-3333-444455556666"

HTD = """"HTSInfoFile", Version 1.0
"TimePoints", {t}
"ZSeries", {series}
"ZSteps", {z}
"XWells", 12
"YWells", 8
"WellsSelection1", TRUE, FALSE
"WellsSelection2", FALSE, TRUE
"Sites", {sites}
"XSites", {s}
"YSites", 1
"Waves", {waves}
"NWavelengths", {w}
"WaveName1", "DAPI"
"WaveName2", "FITC"
"WaveCollect1", 1
"WaveCollect2", 1
"UniquePlateIdentifier", "abc"
"EndFile"
"""


def htd(*, t=1, z=1, s=1, w=1):
    return HTD.format(
        t=t,
        z=z,
        s=s,
        w=w,
        series=str(z > 1).upper(),
        sites=str(s > 1).upper(),
        waves=str(w > 1).upper(),
    )


def planes(pattern, *, t=(1,), z=(1,), s=(1,), w=(1,)):
    """Return the names of all planes of wells A01 and B02 by a format."""
    return [
        pattern.format(well=well, t=i, z=j, s=k, w=m, guid=GUID)
        for well in ("A01", "B02")
        for i in t
        for j in z
        for k in s
        for m in w
    ]


FORMS = {
    "exported": (
        planes("P/TimePoint_{t}/ZStep_{z}/P_{well}_s{s}_w{w}.TIF", z=(1, 2), s=(1, 2)),
        ("P/P.HTD", htd(z=2, s=2)),
        "P",
        "2 wells x 2 fields x 1 channels x 2 z x 1 t",
    ),
    "single site and wave": (
        planes("P/TimePoint_{t}/P_{well}.TIF"),
        ("P/P.HTD", htd()),
        "P",
        "2 wells x 1 fields x 1 channels x 1 z x 1 t",
    ),
    "single site": (
        planes("TimePoint_{t}/P_{well}_w{w}.tif", w=(1, 2), t=(1, 2)),
        ("P.HTD", htd(w=2, t=2)),
        "P",
        "2 wells x 1 fields x 2 channels x 1 z x 2 t",
    ),
    "single wave": (
        planes("TimePoint_{t}/P_{well}_s{s}.tif", s=(1, 2)),
        ("P.htd", htd(s=2)),
        "P",
        "2 wells x 2 fields x 1 channels x 1 z x 1 t",
    ),
    "server's folder with identifiers": (
        planes("2026-01-01/1334/TimePoint_{t}/Scr_{well}_s{s}_w{w}{guid}.tif", w=(1, 2))
        + planes("2026-01-01/1334/TimePoint_{t}/Scr_{well}_s{s}_w{w}_thumb{guid}.tif"),
        ("2026-01-01/1334/Scr.HTD", htd(w=2)),
        "Scr",
        "2 wells x 1 fields x 2 channels x 1 z x 1 t",
    ),
    "server's folder without names": (
        planes("2026-01-01/1334/TimePoint_{t}/{well}_s{s}_w{w}.tif"),
        ("2026-01-01/1334/Named.HTD", htd()),
        "Named",
        "2 wells x 1 fields x 1 channels x 1 z x 1 t",
    ),
    "without database and folders": (
        planes("P_{well}_s{s}_w{w}.TIF", s=(1, 2), w=(1, 2)),
        ("P.HTD", htd(s=2, w=2)),
        "P",
        "2 wells x 2 fields x 2 channels x 1 z x 1 t",
    ),
    "without database, folders and endings": (
        planes("P_{well}.TIF"),
        ("P.HTD", htd()),
        "P",
        "2 wells x 1 fields x 1 channels x 1 z x 1 t",
    ),
    "z steps without time points": (
        planes("ZStep_{z}/P_{well}_w{w}.TIFF", z=(1, 2, 3)),
        ("P.HTD", htd(z=3)),
        "P",
        "2 wells x 1 fields x 1 channels x 3 z x 1 t",
    ),
    "z in the name": (
        planes("TimePoint_{t}/P_{well}_s{s}_w{w}_z{z}.tif", z=(1, 2)),
        ("P.HTD", htd(z=2)),
        "P",
        "2 wells x 1 fields x 1 channels x 2 z x 1 t",
    ),
    "numbers from 0": (
        planes(
            "timepoint{t}/Scr_t{t}_{well}_s{s}_w{w}_z{z}.tif",
            t=(0, 1),
            z=(0, 1),
            s=(0, 1),
            w=(0, 1),
        ),
        ("Scr.HTD", htd(t=2, z=2, s=2, w=2)),
        "Scr",
        "2 wells x 2 fields x 2 channels x 2 z x 2 t",
    ),
    "numbers from 0, one of each": (
        planes(
            "timepoint{t}/Scr_t{t}_{well}_s{s}_w{w}_z{z}.tif",
            t=[0],
            z=[0],
            s=[0],
            w=[0],
        ),
        ("Scr.HTD", htd()),
        "Scr",
        "2 wells x 1 fields x 1 channels x 1 z x 1 t",
    ),
    "numbers from 0 without folders": (
        planes("Scr_t{t}_{well}_s{s}_w{w}_z{z}.tif", t=(0, 1), z=(0, 1), s=[0], w=[0]),
        None,
        "Scr",
        "2 wells x 1 fields x 1 channels x 2 z x 2 t",
    ),
    "numbers from 0 with folders of z steps": (
        planes(
            "timepoint{t}/zstep{z}/Scr_{well}_s{s}_w{w}.tif",
            t=(0,),
            z=(0, 1),
            s=[0],
            w=[0],
        ),
        None,
        "Scr",
        "2 wells x 1 fields x 1 channels x 2 z x 1 t",
    ),
    "a plate called as a time point is": (
        planes("TimePoint_{t}/run_t0_{well}_s{s}_w{w}.tif", t=(1, 2)),
        ("run_t0.HTD", htd(t=2)),
        "run_t0",
        "2 wells x 1 fields x 1 channels x 1 z x 2 t",
    ),
    "a plate whose name holds wells": (
        planes("TimePoint_{t}/cells_B07_96well_{well}_s{s}.tif", s=(1, 2)),
        ("cells_B07_96well.HTD", htd(s=2)),
        "cells_B07_96well",
        "2 wells x 2 fields x 1 channels x 1 z x 1 t",
    ),
}


@pytest.fixture(scope="module", params=sorted(FORMS))
def form(request, tmp_path_factory):
    names, description, plate, counts = FORMS[request.param]
    folder = tmp_path_factory.mktemp("export") / "9999"
    for number, name in enumerate(names, 1):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        tifffile.imwrite(folder / name, np.full((4, 4), number, "u2"), metadata=None)
    if description is not None:
        (folder / description[0]).write_text(description[1])
    return folder, names, plate, counts


def test_a_form_is_one_whole_plate_called_as_the_export_calls_it(form):
    folder, names, plate, counts = form
    report = import_plate(folder, dry_run=True)
    assert report.preset == "imagexpress"
    assert str(report.found).partition(":")[0] == counts
    assert str(report.expected) == str(report.found)
    assert report.gaps == ()
    assert report.plan.export.plate == plate
    thumbs = {name for name in names if "thumb" in name}
    assert {name for name, _ in report.skipped} == thumbs
    assert {*names} - thumbs <= {*report.used}


def test_every_plane_of_a_form_stands_once_in_the_order_of_its_numbers(form, tmp_path):
    folder, names, *_ = form
    import_plate(folder, tmp_path / "p.zarr")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        values = [
            int(value)
            for well in plate
            for field in well.fields
            for value in np.moveaxis(
                np.asarray(field.image().images[0].data), (-2, -1), (0, 1)
            )[0, 0].ravel()
        ]
        labels = [well.label for well in plate]
    assert labels == ["A01", "B02"]
    numbers = {name: n for n, name in enumerate(names, 1) if "thumb" not in name}
    assert values == [numbers[name] for name in sorted(numbers, key=place_of)]


def place_of(name):
    """Return well, site, time point, wave and z of a name: the order in a plate."""
    ends = (r"_s(\d)", r"timepoint_?(\d)|_t(\d)_", r"_w(\d)", r"zstep_?(\d)|_z(\d)")
    matches = [re.search(end, name, re.IGNORECASE) for end in ends]
    return "B02" in name, *(
        match and int(max(filter(None, match.groups()))) for match in matches
    )
