import io
import pickle
import struct
import zlib

import numpy as np
import pytest
import tifffile
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from hcs.errors import SourceError
from hcs.ingest.formats import markup
from hcs.ingest.formats.image_file import Limits
from hcs.ingest.formats.images import not_finite, read_image_file
from hcs.ingest.formats.place import ome_places, stage_label_place
from hcs.ingest.formats.planes import PlaneArray
from hcs.writing.encoding import pixels


def tiff(array, **options):
    stream = io.BytesIO()
    tifffile.imwrite(stream, array, **options)
    return stream.getvalue()


def png(array):
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "PNG")
    return stream.getvalue()


def ramp(*shape, dtype="u2"):
    return np.arange(np.prod(shape)).reshape(shape).astype(dtype)


@given(
    st.sampled_from(["u1", "u2", "u4", "i1", "i2", "f4", "f8", "u8", ">u2", ">f4"]),
    st.sampled_from([None, "zlib", "lzw", "zstd", "packbits", "lzma"]),
    st.booleans(),
    st.integers(1, 40),
    st.integers(2, 40),
    st.booleans(),
)
def test_grey_pixels_come_back_as_they_were(dtype, packing, big, height, width, tiled):
    array = ramp(height, width, dtype=dtype)
    data = tiff(
        array,
        byteorder=">" if dtype[0] == ">" else "<",
        compression=packing,
        bigtiff=big,
        tile=(16, 16) if tiled else None,
        metadata=None,
    )
    image = read_image_file(data)
    assert (image.axes, image.shape) == (("y", "x"), array.shape)
    assert image.dtype == np.dtype(dtype).newbyteorder("=")
    np.testing.assert_array_equal(image.plane(), array)
    assert image.facts == ()


@pytest.mark.parametrize(
    ("axes", "shape"),
    [
        ("TCZYX", (2, 3, 4, 6, 5)),
        ("CYX", (3, 6, 5)),
        ("ZYX", (4, 6, 5)),
        ("YX", (6, 5)),
    ],
)
@pytest.mark.parametrize("packing", [None, "zlib"])
def test_ome_tiff_says_its_axes_and_channels(axes, shape, packing):
    array = ramp(*shape)
    metadata = {
        "axes": axes,
        "PhysicalSizeX": 0.65,
        "PhysicalSizeXUnit": "µm",
        "PhysicalSizeY": 650,
        "PhysicalSizeYUnit": "nm",
        "PhysicalSizeZ": 2.0,
    }
    if "C" in axes:
        metadata["Channel"] = {
            "Name": ["DAPI", "GFP", "Cy5"],
            "EmissionWavelength": [450.0, 520.0, 665.0],
        }
    image = read_image_file(
        tiff(array, ome=True, compression=packing, metadata=metadata)
    )
    assert image.kind == "OME-TIFF"
    assert "".join(image.axes).upper() == axes
    np.testing.assert_array_equal(image.array[...], array)
    assert image.pixel_size == (0.65, 0.65)
    assert image.z_step == 2.0
    if "C" in axes:
        assert image.channel_names == ("DAPI", "GFP", "Cy5")
        assert image.wavelengths == (450.0, 520.0, 665.0)


@pytest.mark.parametrize("contiguous", [True, False])
def test_imagej_stacks_are_read_by_plane(contiguous):
    array = ramp(2, 3, 4, 6, 5)  # t z c y x, the order of ImageJ
    data = tiff(
        array,
        imagej=True,
        resolution=(2.0, 4.0),
        compression=None if contiguous else "zlib",
        metadata={"axes": "TZCYX", "unit": "um", "spacing": 1.5},
    )
    image = read_image_file(data)
    assert image.kind == "ImageJ TIFF"
    assert image.axes == ("t", "c", "z", "y", "x")
    np.testing.assert_array_equal(image.array[...], array.transpose(0, 2, 1, 3, 4))
    np.testing.assert_array_equal(image.plane(t=1, c=3, z=2), array[1, 2, 3])
    assert image.pixel_size == (0.25, 0.5)
    assert image.z_step == 1.5


def test_dots_per_inch_are_no_pixel_size():
    data = tiff(ramp(8, 8), resolution=(72, 72), resolutionunit="INCH")
    assert read_image_file(data).pixel_size is None


def test_pages_without_meaning_can_be_named():
    array = ramp(4, 6, 5)
    image = read_image_file(tiff(array, metadata=None, photometric="minisblack"))
    assert image.axes == ("z", "y", "x")
    assert image.has("pages")
    assert image.pages == 4
    channels = image.with_pages_as("c")
    assert [fact.message for fact in channels.facts] == [
        "It holds 4 pages and does not say what they are; they are taken as channels."
    ]
    np.testing.assert_array_equal(channels.plane(c=2), array[2])
    with pytest.raises(SourceError, match="cannot be taken as axis 'q'"):
        image.with_pages_as("q")
    with pytest.raises(SourceError, match="cannot be taken"):
        read_image_file(tiff(array[0])).with_pages_as("c")


def test_pages_of_several_samples_are_no_channels():
    data = tiff(
        ramp(4, 6, 5, 3), metadata=None, photometric="minisblack", planarconfig="contig"
    )
    image = read_image_file(data)
    assert (image.axes, image.pages) == (("c", "z", "y", "x"), 0)
    with pytest.raises(SourceError, match="cannot be taken"):
        image.with_pages_as("t")


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_colour_pictures_are_told_as_such(planar):
    array = ramp(6, 5, 3, dtype="u1")
    stored = array if planar == "contig" else np.moveaxis(array, -1, 0)
    data = tiff(stored, photometric="rgb", planarconfig=planar)
    image = read_image_file(data)
    assert image.is_rgb
    assert image.axes == ("c", "y", "x")
    np.testing.assert_array_equal(image.array[...], np.moveaxis(array, -1, 0))


def decoded_pages(monkeypatch):
    """Return a list that grows by one with each page that tifffile decodes."""
    pages, decode = [], tifffile.TiffPage.asarray
    monkeypatch.setattr(
        tifffile.TiffPage,
        "asarray",
        lambda page, *a, **k: pages.append(page.index) or decode(page, *a, **k),
    )
    return pages


@pytest.mark.parametrize("planar", ["contig", "separate"])
def test_a_page_of_several_samples_is_decoded_once(planar, monkeypatch):
    array = ramp(3, 5, 6, 7)  # z, y, x and sample
    stored = array if planar == "contig" else np.moveaxis(array, -1, 1)
    data = tiff(
        stored,
        photometric="minisblack",
        planarconfig=planar,
        metadata=None,
        compression="zlib",
    )
    pages = decoded_pages(monkeypatch)
    image = read_image_file(data)
    assert (image.axes, image.shape) == (("c", "z", "y", "x"), (7, 3, 5, 6))
    for position in image.positions:
        c, z = position
        np.testing.assert_array_equal(image.reader.read(position), array[z, ..., c])
    assert pages == [0, 1, 2]


def test_a_damaged_page_is_not_tried_again_for_each_of_its_samples(monkeypatch):
    noise = np.random.default_rng(0).integers(0, 255, (40, 50, 9), "u1")
    data = bytearray(
        tiff(
            noise,
            photometric="minisblack",
            planarconfig="contig",
            metadata=None,
            compression="zlib",
        )
    )
    with tifffile.TiffFile(io.BytesIO(data)) as file:
        offset = file.pages[0].dataoffsets[0]
    data[offset : offset + 400] = bytes(400)
    pages = decoded_pages(monkeypatch)
    image = read_image_file(bytes(data))
    for position in image.positions:
        with pytest.raises(SourceError, match="cannot be decoded"):
            image.reader.read(position)
    assert pages == [0]


def test_more_samples_a_pixel_than_a_detector_gives_are_refused():
    data = tiff(
        np.zeros((1, 1, 26115), "u1"),
        photometric="minisblack",
        planarconfig="contig",
        metadata=None,
    )
    with pytest.raises(
        SourceError, match=r"s\.tif has 26,115 samples a pixel; at most 256"
    ):
        read_image_file(data, name="s.tif")


def test_a_page_counts_with_all_of_its_samples_against_the_limit():
    data = tiff(
        ramp(64, 64, 20),
        photometric="minisblack",
        planarconfig="separate",
        metadata=None,
    )
    read_image_file(data, limits=Limits(plane_bytes=64 * 64 * 20 * 2))
    with pytest.raises(SourceError, match="163,840 bytes a plane"):
        read_image_file(data, limits=Limits(plane_bytes=64 * 64 * 20 * 2 - 1))


def test_alpha_is_left_out_of_the_channels():
    data = tiff(ramp(6, 5, 4, dtype="u1"), photometric="rgb", extrasamples=[2])
    image = read_image_file(data)
    assert image.has("alpha")
    assert image.shape == (3, 6, 5)


def test_a_grey_palette_gives_its_indices():
    grey = np.repeat(np.linspace(0, 65535, 256).astype("u2")[None], 3, axis=0)
    array = ramp(16, 16, dtype="u1")
    data = tiff(array, photometric="palette", colormap=grey, metadata=None)
    image = read_image_file(data)
    assert image.has("palette")
    np.testing.assert_array_equal(image.plane(), array)


@pytest.mark.parametrize("kind", ["colours", "falling"])
def test_a_palette_that_is_no_grey_ramp_gives_its_indices_and_says_so(kind):
    grey = np.repeat(np.linspace(0, 65535, 256).astype("u2")[None], 3, axis=0)
    palette = (
        grey[:, ::-1]
        if kind == "falling"
        else np.stack([grey[0], grey[0], 0 * grey[0]])
    )
    array = ramp(16, 16, dtype="u1")
    data = tiff(array, photometric="palette", colormap=palette, metadata=None)
    image = read_image_file(data, name="p.tif")
    assert image.has("colours")
    assert "index values are taken" in image.facts[0].message
    np.testing.assert_array_equal(image.plane(), array)


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_a_png_palette_gives_its_indices_and_says_so(bits):
    array = (ramp(4, 4) % 2**bits).astype("u1")
    picture = Image.fromarray(array, "P")
    picture.putpalette([value for n in range(2**bits) for value in (n, 0, 255 - n)])
    stream = io.BytesIO()
    picture.save(stream, "PNG", bits=bits)
    image = read_image_file(stream.getvalue())
    assert image.has("colours")
    np.testing.assert_array_equal(image.plane(), array)


@pytest.mark.parametrize("mode", ["L", "RGB"])
def test_a_jpeg_is_read_with_a_warning_and_a_colour_one_is_called_so(mode):
    array = np.full((16, 24) if mode == "L" else (16, 24, 3), 90, "u1")
    stream = io.BytesIO()
    Image.fromarray(array).save(stream, "JPEG", quality=95)
    image = read_image_file(stream.getvalue())
    assert image.kind == "JPEG"
    assert image.has("lossy")
    assert image.is_rgb == (mode == "RGB")
    plane = image.plane(c=2) if mode == "RGB" else image.plane()
    assert plane.shape == (16, 24)
    assert abs(int(plane.mean()) - 90) <= 2


def test_of_several_images_in_a_tiff_each_can_be_read_and_is_named(tmp_path):
    path = tmp_path / "two.ome.tif"
    first, second = ramp(8, 8), ramp(2, 6, 4)
    with tifffile.TiffWriter(path, ome=True) as writer:
        writer.write(first, photometric="minisblack", metadata={"Name": "overview"})
        writer.write(
            second,
            photometric="minisblack",
            metadata={
                "axes": "CYX",
                "Name": "detail",
                "Channel": {"Name": ["DNA", "Actin"]},
            },
        )
    image = read_image_file(path)
    assert image.series == ("overview", "detail")
    assert image.has("more-images")
    np.testing.assert_array_equal(image.plane(), first)
    other = read_image_file(path, series=1)
    assert other.channel_names == ("DNA", "Actin")
    np.testing.assert_array_equal(other.plane(c=1), second[1])
    sent = pickle.loads(pickle.dumps(other))  # noqa: S301  # our own bytes
    np.testing.assert_array_equal(sent.plane(c=0), second[0])
    with pytest.raises(SourceError, match="has no image 2; it holds 2"):
        read_image_file(path, series=2)


def test_the_plate_of_an_ome_xml_tells_the_place_of_each_image(shared_data):
    document = shared_data / "exports" / "ome_xml_plates" / "hcs.ome.xml"
    places = ome_places(markup.parse(document.read_text(), document.name))
    assert {place.well for place in places.values()} >= {(0, 0)}
    assert all(place.said_by == "its OME-XML" for place in places.values())


@pytest.mark.parametrize(
    ("label", "well", "field"),
    [("B02 : Site 1", (1, 1), "1"), ("AB12", (27, 11), None), ("Home", None, None)],
)
def test_the_stage_label_of_metaxpress_tells_well_and_site(label, well, field):
    place = stage_label_place(label)
    assert (place and place.well) == well
    assert (place and place.field) == field


def test_white_stored_as_zero_is_turned_round():
    array = ramp(6, 5, dtype="u1")
    image = read_image_file(tiff(array, photometric="miniswhite"))
    np.testing.assert_array_equal(image.plane(), 255 - array)
    assert image.has("inverted")


def test_half_floats_are_widened_and_what_is_not_finite_is_counted():
    array = np.array([[0.5, np.nan], [np.inf, -np.inf]], dtype="f2")
    image = read_image_file(tiff(array))
    assert image.dtype == np.float32
    assert not_finite(image.plane()) == (1, 2)
    assert not_finite(ramp(2, 2)) == (0, 0)


@pytest.mark.parametrize("dtype", ["u1", "u2"])
def test_grey_png_is_read(dtype):
    array = ramp(30, 20, dtype=dtype) * (1 if dtype == "u1" else 100)
    image = read_image_file(png(array))
    assert (image.kind, image.axes, image.shape) == ("PNG", ("y", "x"), (30, 20))
    np.testing.assert_array_equal(image.plane(), array)


@pytest.mark.parametrize("bits", [1, 2, 4])
def test_png_of_few_bits_gives_the_values_it_stores(bits):
    array = ramp(4, 8, dtype="u1") % 2**bits
    rows = b"".join(
        b"\0"
        + np.packbits(np.unpackbits(row[:, None], axis=1)[:, 8 - bits :]).tobytes()
        for row in array
    )
    data = raw_png(8, 4, bits, 0, rows)
    image = read_image_file(data)
    assert image.bits == bits
    np.testing.assert_array_equal(image.plane(), array)


def raw_png(width, height, bits, colour, rows):
    def chunk(kind, content):
        checked = kind + content
        return (
            struct.pack(">I", len(content))
            + checked
            + struct.pack(">I", zlib.crc32(checked))
        )

    head = struct.pack(">IIBBBBB", width, height, bits, colour, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


@pytest.mark.parametrize("alpha", [False, True])
def test_colour_png_is_told_as_such(alpha):
    array = ramp(6, 5, 4 if alpha else 3, dtype="u1")
    image = read_image_file(png(array))
    assert image.is_rgb
    assert image.has("alpha") == alpha
    np.testing.assert_array_equal(image.array[...], np.moveaxis(array[..., :3], -1, 0))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        pytest.param(b"", "empty", id="empty"),
        pytest.param(b"MZ\x90\0" * 9, "it is a program", id="exe"),
        pytest.param(b"\xff\xd8\xff\xe0" * 9, "not a whole JPEG", id="jpeg"),
        pytest.param(b"hello" * 9, "neither TIFF, PNG, JPEG nor C01", id="text"),
        pytest.param(b"II*\0", "not whole", id="tiff-magic-alone"),
        pytest.param(b"II*\0" + b"\0" * 4, "holds no image", id="tiff-no-page"),
        pytest.param(b"\x89PNG\r\n\x1a\n", "not whole", id="png-magic-alone"),
        pytest.param(raw_png(0, 4, 8, 0, b""), "0 x 4 pixels", id="png-no-pixels"),
        pytest.param(raw_png(4, 4, 16, 2, b""), "16-bit colours", id="png-rgb16"),
        pytest.param(raw_png(1 << 30, 1 << 30, 8, 0, b""), "a plane", id="png-bomb"),
    ],
)
def test_what_is_no_image_is_refused_with_its_name(data, message):
    with pytest.raises(SourceError, match=message) as caught:
        read_image_file(data, name="evil.tif")
    assert "evil.tif" in str(caught.value)


def test_png_data_that_are_damaged_are_an_error_of_the_source():
    with pytest.raises(SourceError, match=r"x\.png cannot be decoded"):
        read_image_file(raw_png(400, 400, 8, 0, b"\0" * 50), name="x.png").plane()


def test_limits_hold_before_anything_is_decoded():
    data = tiff(ramp(64, 64), compression="zlib")
    with pytest.raises(SourceError, match="8,192 bytes a plane"):
        read_image_file(data, limits=Limits(plane_bytes=8191))
    with pytest.raises(SourceError, match="bytes; at most 100"):
        read_image_file(data, limits=Limits(file_bytes=100))
    stack = tiff(ramp(5, 64, 64), metadata=None, photometric="minisblack")
    with pytest.raises(SourceError, match="more than 4 pages"):
        read_image_file(stack, limits=Limits(planes=4))
    with pytest.raises(SourceError, match="40,960 in all"):
        read_image_file(stack, limits=Limits(total_bytes=40_000))


def huge(field, value):
    """Return a small TIFF whose header claims more than is there."""
    data = bytearray(tiff(ramp(10, 10, dtype="u4"), metadata=None, tile=(16, 16)))
    tag = tifffile.TiffFile(io.BytesIO(bytes(data))).pages[0].tags[field]
    struct.pack_into(
        "<H" if int(tag.dtype) == 3 else "<I", data, tag.valueoffset, value
    )
    return bytes(data)


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("ImageWidth", 65535, "cannot be read|not whole|bytes a plane"),
        ("TileWidth", 65520, "tiles of|cannot be read|not whole"),
        ("TileOffsets", 0x7FFFFFFF, "not whole"),
        ("TileByteCounts", 0, "not whole"),
        ("BitsPerSample", 77, "cannot be read|unknown type|not whole"),
        ("Compression", 12345, "cannot be"),
        ("PhotometricInterpretation", 5, "inks"),
    ],
)
def test_case_31_a_header_that_lies_is_refused(field, value, message):
    with pytest.raises(SourceError, match=message):
        read_image_file(huge(field, value), limits=Limits(plane_bytes=1 << 20)).plane()


def test_case_31_pages_in_a_circle_are_refused():
    data = bytearray(tiff(ramp(3, 8, 8), metadata=None, photometric="minisblack"))
    file = tifffile.TiffFile(io.BytesIO(bytes(data)))
    first, last = file.pages[0].offset, file.pages[2]
    tags = struct.unpack_from("<H", data, last.offset)[0]
    struct.pack_into("<I", data, last.offset + 2 + 12 * tags, first)
    with pytest.raises(SourceError, match="in a circle"):
        read_image_file(bytes(data))


@given(st.data())
def test_a_cut_or_damaged_tiff_is_an_error_of_the_source_or_an_image(data):
    whole = tiff(
        ramp(3, 32, 32),
        photometric="minisblack",
        compression=data.draw(st.sampled_from([None, "zlib", "lzw", "packbits"])),
        ome=data.draw(st.booleans()),
    )
    if data.draw(st.booleans()):
        broken = bytearray(whole[: data.draw(st.integers(0, len(whole) - 1))])
    else:
        broken = bytearray(whole)
        for _ in range(data.draw(st.integers(1, 8))):
            broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(
                st.integers(0, 255)
            )
    try:
        image = read_image_file(bytes(broken), limits=Limits(total_bytes=1 << 24))
        assert image.array[...].shape == image.shape
    except SourceError:
        return


def test_case_30_a_decompression_bomb_stays_as_small_as_its_header_says():
    data = bytearray(tiff(np.zeros((50, 50), "u1"), compression="zlib", metadata=None))
    bomb = zlib.compress(bytes(1 << 26), 9)
    tags = tifffile.TiffFile(io.BytesIO(bytes(data))).pages[0].tags
    struct.pack_into("<I", data, tags["StripOffsets"].valueoffset, len(data))
    struct.pack_into("<I", data, tags["StripByteCounts"].valueoffset, len(bomb))
    with pytest.raises(SourceError, match="cannot be decoded"):
        read_image_file(bytes(data) + bomb).plane()


def test_case_33_ome_xml_with_a_document_type_is_refused():
    plain = tiff(ramp(8, 8), ome=True, metadata={"axes": "YX"})
    xml = tifffile.TiffFile(io.BytesIO(plain)).ome_metadata
    evil = xml.replace("?>", '?><!DOCTYPE OME [<!ENTITY a "aaaa">]>', 1)
    data = tiff(ramp(8, 8), description=evil, metadata=None)
    with pytest.raises(SourceError, match="document type"):
        read_image_file(data, name="x.ome.tif")


def test_an_ome_tiff_that_names_other_files_does_not_open_them(tmp_path):
    secret = tmp_path / "secret.ome.tif"
    tifffile.imwrite(secret, ramp(2, 8, 8), ome=True, metadata={"axes": "ZYX"})
    xml = f"""<?xml version="1.0"?>
    <OME xmlns="http://www.openmicroscopy.org/Schemas/OME/2016-06"
     UUID="urn:uuid:00000000-0000-0000-0000-000000000001"><Image ID="Image:0">
    <Pixels ID="Pixels:0" DimensionOrder="XYZCT" Type="uint16" SizeX="8" SizeY="8"
     SizeC="1" SizeT="1" SizeZ="2"><Channel ID="Channel:0:0" SamplesPerPixel="1"/>
    <TiffData IFD="0" FirstZ="0"><UUID FileName="{secret.name}"
    >urn:uuid:00000000-0000-0000-0000-000000000002</UUID></TiffData>
    <TiffData IFD="1" FirstZ="1"><UUID FileName="{secret.name}"
    >urn:uuid:00000000-0000-0000-0000-000000000002</UUID></TiffData>
    </Pixels></Image></OME>"""
    path = tmp_path / "main.ome.tif"
    tifffile.imwrite(path, ramp(8, 8), description=xml, metadata=None)
    try:
        image = read_image_file(path)
    except SourceError:
        return
    assert image.shape == (8, 8)


def test_a_path_that_is_not_there_is_an_error_of_the_source(tmp_path):
    with pytest.raises(SourceError, match=r"gone\.tif cannot be opened: No such file"):
        read_image_file(tmp_path / "gone.tif")
    with pytest.raises(SourceError, match="cannot be opened"):
        read_image_file(tmp_path)


def test_content_decides_and_not_the_name(tmp_path):
    path = tmp_path / "picture.txt"
    path.write_bytes(tiff(ramp(4, 4)))
    assert read_image_file(path).name == "picture.txt"


def test_planes_can_be_read_after_closing_and_in_another_process(tmp_path):
    path = tmp_path / "a.tif"
    path.write_bytes(tiff(ramp(4, 4)))
    with read_image_file(path) as image:
        first = image.plane()
    np.testing.assert_array_equal(image.plane(), first)
    sent = pickle.loads(pickle.dumps(image))  # noqa: S301  # our own bytes
    np.testing.assert_array_equal(sent.plane(), first)
    with pytest.raises(IndexError, match=r"a\.tif has no plane c=1"):
        image.plane(c=1)


@given(st.data())
def test_an_array_of_planes_is_indexed_like_numpy(data):
    shape = tuple(data.draw(st.lists(st.integers(1, 4), min_size=2, max_size=5)))
    array = ramp(*shape)
    lazy = PlaneArray(shape, array.dtype, lambda position: array[position])
    key = [
        data.draw(st.integers(-size, size - 1) | st.slices(size))
        for size in shape[: data.draw(st.integers(0, len(shape)))]
    ]
    if data.draw(st.booleans()):
        key.append(Ellipsis)
    expected = array[tuple(key)]
    np.testing.assert_array_equal(lazy[tuple(key)], expected)
    assert lazy[tuple(key)].shape == expected.shape
    np.testing.assert_array_equal(lazy[..., 0, :], array[..., 0, :])
    np.testing.assert_array_equal(np.asarray(lazy), array)
    assert (lazy.ndim, lazy.size, lazy.nbytes) == (array.ndim, array.size, array.nbytes)


REFUSED = {
    "README.txt": "neither TIFF, PNG, JPEG nor C01",
    "cmyk-3c-16b.tiff": "inks",
}
COLOUR = {
    "BigTIFF.tif",
    "BigTIFFLong.tif",
    "BigTIFFMotorola.tif",
    "NikonTIF.tif",
    "no_rows_per_strip.tiff",
    "planar-rgb-u8.tif",
    "quad-tile.jpg.tiff",
    "rgb-3c-16b.tiff",
    "tiled-jpeg-rgb-u8.tif",
    "tiled-rgb-u8.tif",
}


def test_every_picture_of_the_collections_is_read_or_refused_in_words(shared_data):
    seen = set()
    for folder in ("tiff_format_variants", "tiff_microscopy"):
        for path in sorted((shared_data / folder).rglob("*.*")):
            seen.add(path.name)
            if path.name in REFUSED:
                with pytest.raises(SourceError, match=REFUSED[path.name]):
                    read_image_file(path)
                continue
            image = read_image_file(path)
            pixels = image.array[...]
            assert (pixels.shape, pixels.dtype) == (image.shape, image.dtype), path
            assert image.is_rgb == (path.name in COLOUR), path
            if not image.facts:
                np.testing.assert_array_equal(pixels, tifffile.imread(path), str(path))
    assert len(seen) == 35
    assert set(REFUSED) | COLOUR <= seen


def test_real_vendor_files_say_what_they_know(shared_data):
    folder = shared_data / "tiff_microscopy"
    stack = read_image_file(folder / "MetamorphImage.tif")
    assert stack.kind == "MetaMorph stack"
    assert stack.channel_names == ("Cy5",)
    assert stack.pixel_size == (0.645, 0.645)
    assert stack.bits == 12
    assert read_image_file(folder / "5channel.tif").axes == ("c", "y", "x")
    assert read_image_file(folder / "ball.tif").has("pages")
    phenix = shared_data / "jump_phenix_r01c01" / "orig"
    for path in phenix.iterdir():
        image = read_image_file(path)
        assert image.pixel_size is None  # its tags give the camera's pixels
        assert image.dtype == np.uint16


def test_a_folder_that_is_given_for_an_image_is_named():
    with pytest.raises(SourceError, match=r"^\. cannot be opened: Is a directory"):
        read_image_file(".")


def test_planes_for_writing_are_read_one_at_a_time_where_there_are_many(monkeypatch):
    monkeypatch.setattr(pixels, "AT_ONCE", 100)
    array = np.arange(2 * 3 * 4 * 5, dtype="u2").reshape(2, 3, 4, 5)
    read = []

    def plane(position):
        read.append(position)
        return array[position]

    source = PlaneArray(array.shape, array.dtype, plane)
    planes = pixels.Pixels(source, ("c", "z", "y", "x")).planes()
    np.testing.assert_array_equal(next(planes), array[0, 0])
    assert read == [(0, 0)]
    np.testing.assert_array_equal(np.stack(list(planes)), array.reshape(-1, 4, 5)[1:])
    assert len(read) == 6
