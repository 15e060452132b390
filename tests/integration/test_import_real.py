"""Imports of real exports, looked at plane by plane."""

import io
import zipfile

import numpy as np
import pytest
import tifffile
from scipy import ndimage

import hcs
from hcs.ingest import open_source, plates_of
from hcs.ingest.importing import import_plate
from hcs.validation import validate

SBS = r"Channel(?P<channel>\d)-\d+-(?P<row>[A-H])-(?P<column>\d+)\.tif"


@pytest.fixture(scope="module")
def sbs(shared_data, tmp_path_factory):
    folder = shared_data / "sbs_translocation_96well"
    target = tmp_path_factory.mktemp("sbs") / "sbs.ome.zarr"
    report = import_plate(
        folder / "ExampleSBSImages_tif.zip",
        target,
        preset="regex",
        pattern=SBS,
        plate_map=folder / "1049_Metadata.csv",
    )
    return folder, target, report


def errors_of(path):
    return [p for p in validate(path, pixels=True) if p.severity == "error"]


def test_sbs_is_a_plate_of_96_wells_and_2_channels(sbs):
    _, target, report = sbs
    assert str(report.found) == (
        "96 wells x 1 fields x 2 channels x 1 z x 1 t: 192 planes"
    )
    assert (report.gaps, report.skipped) == ((), ())
    assert report.plan.format_source == "all of its wells are there"
    assert "In 192 files: Its palette is a grey ramp" in str(report)
    assert errors_of(target) == []
    with hcs.from_hcs_zarr(target) as plate:
        assert len(plate.wells) == 96
        images = [field.image() for field in plate.fields()]
    assert len(images) == 96
    assert {tuple(image.images[0].data.shape) for image in images} == {(2, 640, 640)}
    assert {str(image.images[0].data.dtype) for image in images} == {"uint8"}
    names = {tuple(channel.name for channel in image.channels) for image in images}
    assert names == {("Channel1", "Channel2")}
    # One window a channel.
    assert all(image.channels == images[0].channels for image in images)


def test_sbs_holds_the_indices_of_its_palette_images(sbs):
    folder, target, _ = sbs
    with (
        zipfile.ZipFile(folder / "ExampleSBSImages_tif.zip") as archive,
        hcs.from_hcs_zarr(target) as plate,
    ):
        for name in archive.namelist()[::17]:
            channel, _, row, column = name.removesuffix(".tif").split("-")
            with tifffile.TiffFile(io.BytesIO(archive.read(name))) as file:
                expected = file.pages[0].asarray()
            data = plate.well(f"{row}{column}").fields[0].image().images[0].data
            np.testing.assert_array_equal(data[int(channel[-1]) - 1], expected)


def test_sbs_wells_know_their_doses_and_controls(sbs):
    _, target, _ = sbs
    with hcs.from_hcs_zarr(target) as plate:
        conditions = plate.conditions
    assert len(conditions) == 96
    assert conditions["E/1"] == {"ImageNumber": 49, "SBS_Doses": 10, "SBS_Controls": 1}
    assert sum(well["SBS_Controls"] == -1 for well in conditions.values()) == 16


def test_sbs_is_read_by_other_libraries(sbs):
    ngff_zarr = pytest.importorskip("ngff_zarr")
    models = pytest.importorskip("ome_zarr_models.v05.hcs")
    zarr = pytest.importorskip("zarr")
    _, target, _ = sbs
    theirs = ngff_zarr.from_hcs_zarr(str(target))
    image = theirs.get_well("B", "2").get_image(0)
    with hcs.from_hcs_zarr(target) as plate:
        expected = np.asarray(plate.well("B02").fields[0].image().images[0].data)
    np.testing.assert_array_equal(np.asarray(image.images[0].data), expected)
    model = models.HCS.from_zarr(zarr.open_group(target, mode="r"))
    assert len(model.ome_attributes.plate.wells) == 96


def planes_of(plate, well, field):
    return np.asarray(plate.well(well).fields[field].image().images[0].data)


def test_three_acquisitions_of_one_plate_are_told_by_their_folders(shared_data):
    with open_source(shared_data / "imagexpress_exported_9987") as source:
        names = [(plate.name, plate.images) for plate in plates_of(source)]
    assert [name for name, _ in names] == [
        "9987_Plate_3420",
        "9987_Plate_3434",
        "9987_Plate_3435",
    ]
    for name, images in names:
        report = import_plate(
            shared_data / "imagexpress_exported_9987", dry_run=True, plate=name
        )
        assert report.plan.export.plate == "9987"
        assert len(report.plan.images) <= images
        assert {file.split("/")[0] for file in report.used} == {name}


def test_imagexpress_with_uneven_stacks(shared_data, tmp_path):
    source = shared_data / "imagexpress_exported_9987" / "9987_Plate_3434"
    target = tmp_path / "p.zarr"
    report = import_plate(source, target)
    assert report.preset == "imagexpress"
    assert "an .HTD file is there" in report.plan.export.reason
    assert str(report.found) == "2 wells x 2 fields x 3 channels x 2 z x 1 t: 24 planes"
    assert str(report.expected) == (
        "2 wells x 2 fields x 4 channels x 3 z x 1 t: 48 planes"
    )
    assert [str(gap) for gap in report.gaps] == [
        "every well: channel Cy5",
        "every well: z ZStep_3",
    ]
    files = {
        path.relative_to(source).as_posix()
        for path in source.rglob("*")
        if path.is_file()
    }
    assert set(report.used) | {name for name, _ in report.skipped} == files
    assert len(report.used) == 24 + 1  # the .HTD file
    notes = " ".join(report.plan.notes)
    assert "FITC holds projections along z (maximum)" in notes
    assert "along z a projection: maximum, in FITC" in str(report)
    assert "Texas Red: the export repeats one and the same image" in notes
    assert errors_of(target) == []
    with hcs.from_hcs_zarr(target) as plate:
        assert (len(plate.rows), len(plate.columns)) == (8, 12)
        assert [field.label for field in plate.well("B03").fields] == ["s1", "s2"]
        for well in ("B02", "B03"):
            for field in (0, 1):
                planes = planes_of(plate, well, field)
                for c in range(3):
                    for z in range(2):
                        name = f"9987_{well}_s{field + 1}_w{c + 1}.TIF"
                        path = source / "TimePoint_1" / f"ZStep_{z + 1}" / name
                        np.testing.assert_array_equal(
                            planes[c, z], tifffile.imread(path)
                        )
        image = plate.well("B02").fields[1].image()
        channels = {channel.name: channel for channel in image.channels}
        assert list(channels) == ["DAPI", "FITC", "Texas Red"]
        assert channels["DAPI"].color == "0080FF"
        scale = dict(image.images[0].scale)
        assert (scale["x"], scale["y"], scale["z"]) == (1.3672, 1.3672, 3.02)
        units = {axis.name: axis.unit for axis in image.metadata.axes}
        assert units["x"] == units["z"] == "micrometer"
        left = plate.well("B02").fields[0].image().images[0].translation["x"]
        right = dict(image.images[0].translation)["x"]
        assert right - left == pytest.approx(315.04, abs=0.05)


def test_imagexpress_projections_on_request(shared_data, tmp_path):
    source = shared_data / "imagexpress_exported_9987" / "9987_Plate_3434"
    report = import_plate(source, tmp_path / "p.zarr", projection=True)
    assert str(report.found) == "2 wells x 2 fields x 3 channels x 1 z x 1 t: 12 planes"
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert plate.projection == "maximum, in DAPI, FITC"
        path = source / "TimePoint_1" / "ZStep_0" / "9987_B03_s2_w1.TIF"
        np.testing.assert_array_equal(
            planes_of(plate, "B03", 1)[0], tifffile.imread(path)
        )


def test_imagexpress_with_time_points(shared_data, tmp_path):
    source = shared_data / "imagexpress_exported_9987" / "9987_Plate_3435"
    report = import_plate(source, tmp_path / "p.zarr")
    assert str(report.found) == "2 wells x 2 fields x 2 channels x 1 z x 2 t: 16 planes"
    assert report.expected.t == 6
    assert [gap.channel or gap.t for gap in report.gaps] == [
        "Texas Red",
        "Cy5",
        *(f"TimePoint_{n}" for n in (3, 4, 5, 6)),
    ]
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert plate.well("B02").fields[0].image().metadata.dims == ("t", "c", "y", "x")
        planes = planes_of(plate, "B02", 0)
        for t in (0, 1):
            for c in (0, 1):
                name = f"TimePoint_{t + 1}/9987_B02_s1_w{c + 1}.TIF"
                np.testing.assert_array_equal(
                    planes[t, c], tifffile.imread(source / name)
                )


def test_imagexpress_with_one_of_everything(shared_data, tmp_path):
    source = shared_data / "imagexpress_exported_9987" / "9987_Plate_3420"
    report = import_plate(source, tmp_path / "p.zarr", preset="imagexpress")
    assert (report.found, report.gaps) == (report.expected, ())
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        image = plate.well("B02").fields[0].image()
        assert image.metadata.dims == ("c", "y", "x")
        assert [channel.name for channel in image.channels] == ["DAPI"]


def test_phenix_without_its_index(shared_data, tmp_path):
    source = shared_data / "jump_phenix_r01c01"
    report = import_plate(source, tmp_path / "p.zarr")
    assert report.preset == "phenix"
    assert "3 files are named as Opera Phenix names them" in report.plan.export.reason
    assert report.channel_names == ("ch2", "ch3", "ch5")
    assert "pixel size not known" in str(report)
    assert report.plan.format_source.startswith("assumed")
    assert {name.rpartition("/")[2]: reason for name, reason in report.skipped} == {
        "LICENSE": "is no image by its name",
        "r01c01f01p01-ch3sk1fk1fl1_cell_outlines.png": (
            "is not named as the images of this plate are"
        ),
        "r01c01f01p01-ch5sk1fk1fl1_nuclei_outlines.png": (
            "is not named as the images of this plate are"
        ),
    }
    assert errors_of(tmp_path / "p.zarr") == []
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        (field,) = plate.well("A01").fields
        assert field.label == "f01"
        image = field.image()
        assert dict(image.images[0].scale)["x"] == 1.0
        assert {axis.unit for axis in image.metadata.axes} == {None}
        for c, number in enumerate((2, 3, 5)):
            path = source / "orig" / f"r01c01f01p01-ch{number}sk1fk1fl1.tiff"
            np.testing.assert_array_equal(
                planes_of(plate, "A01", 0)[c], tifffile.imread(path)
            )


def test_one_field_by_a_pattern(shared_data, tmp_path):
    report = import_plate(
        shared_data / "human_moffat_cc0",
        tmp_path / "p.zarr",
        pattern=r"_(?P<well>[A-P]\d\d)f(?P<field>\d\d)d(?P<channel>\d)",
    )
    assert report.preset == "regex"
    assert report.channel_names == ("d0", "d1", "d2")
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert [field.label for field in plate.well("D03").fields] == ["f00"]


def test_a_channel_that_one_well_of_a_leica_export_lacks_is_one_gap(
    shared_data, tmp_path
):
    source = shared_data / "exports" / "leica_matrix_zero_based"
    report = import_plate(
        source,
        tmp_path / "p.zarr",
        pattern=r"--(?P<well>[A-P]\d{1,2})--[^/]*--P(?P<field>\d+)--T(?P<t>\d+)"
        r"--Z(?P<z>\d+)--C(?P<channel>\d+)\.ome\.tif",
    )
    assert (report.found.planes, report.expected.planes) == (3, 4)
    assert [str(gap) for gap in report.gaps] == ["C03 field P000 channel C01"]


def test_harmony_with_its_index_and_its_profiles_of_light(shared_data, tmp_path):
    source = shared_data / "exports" / "harmony_v5_br00121482"
    report = import_plate(source, tmp_path / "p.zarr")
    assert errors_of(tmp_path / "p.zarr") == []
    with hcs.from_hcs_zarr(tmp_path / "p.zarr") as plate:
        assert (len(plate.rows), len(plate.columns)) == (16, 24)
        image = plate.well("A01").fields[0].image()
        assert [channel.name for channel in image.channels] == [
            "488 long",
            "HOECHST 33342",
        ]
        assert [channel.window.max for channel in image.channels] == [65535, 65535]
        for c, number in enumerate((3, 5)):
            path = source / "images" / f"r01c01f01p01-ch{number}sk1fk1fl1.tiff"
            np.testing.assert_array_equal(
                np.asarray(image.images[0].data)[c], tifffile.imread(path)
            )
        profiles = plate.flat_fields
    assert profiles["488 long"] == report.plan.traits.channels[0].flat_field
    assert set(profiles) == {"488 long", "HOECHST 33342"}


@pytest.mark.parametrize(("number", "r"), [(3, 0.96), (5, 0.965)])
def test_a_profile_lies_over_its_image_as_the_formula_says(shared_data, number, r):
    folder = shared_data / "exports" / "harmony_v5_br00121482"
    report = import_plate(folder, dry_run=True)
    note = report.plan.traits.channels[(3, 5).index(number)]
    surface = note.flat_field.background.surface((135, 135))
    assert surface.mean() == pytest.approx(1, abs=1e-3)
    pixels = tifffile.imread(
        folder / "images" / f"r01c01f01p01-ch{number}sk1fk1fl1.tiff"
    )
    # The dark parts of cells' surroundings are the background.
    dark = ndimage.percentile_filter(pixels[::8, ::8].astype(float), 20, size=31)
    follows, exchanged = (
        np.corrcoef(light.ravel(), dark.ravel())[0, 1] for light in (surface, surface.T)
    )
    assert follows > r > 0.95 > exchanged
