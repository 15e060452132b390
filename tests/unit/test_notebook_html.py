"""What notebooks show of plates, wells, fields and images."""

from __future__ import annotations

import base64
import io
import json
import re
import threading
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image

from hcs import HCSPlate, Multiscales, from_hcs_zarr, to_multiscales, to_ngff_image
from hcs.images.png import png
from hcs.images.thumbnail import SIDE, thumbnails
from hcs.moment import take
from hcs.stores.directory import DirectoryStore
from tests import plates

EVIL = '<img src=x onerror="alert(1)">'
NEUTRAL = {"div", "table", "tbody", "tr", "th", "td", "svg", "g", "rect", "title"}
NEUTRAL |= {"path", "text", "span", "figure", "figcaption", "img", "br"}


class Elements(HTMLParser):
    """The elements and texts of a piece of HTML; open elements must be closed."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.texts, self.attributes, self.open = [], [], [], []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += [(tag, *pair) for pair in attrs]
        if tag not in ("img", "br"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.texts.append(data)

    @property
    def text(self):
        return " ".join(self.texts)


def pictures(html):
    """Return the pictures of a piece of HTML, decoded by another library."""
    encoded = re.findall(r"data:image/png;base64,([A-Za-z0-9+/=]+)", html)
    return [Image.open(io.BytesIO(base64.b64decode(data))) for data in encoded]


@pytest.fixture(scope="module")
def plate(tmp_path_factory):
    annotations = {
        "conditions": {
            "columns": ["compound"],
            "wells": {"A/1": ["DMSO"], "A/2": [EVIL], "B/1": [None]},
        }
    }
    path = plates.make(
        tmp_path_factory.mktemp("html") / "p.zarr",
        rows=2,
        columns=12,
        wells=[(r, c) for r in range(2) for c in range(11)],
        fields=2,
        missing=[(1, 10, 1), (0, 10, 0), (0, 10, 1)],
        annotations=annotations,
        name=EVIL,
    )
    (path / "A" / "10" / "zarr.json").write_text("{")
    return from_hcs_zarr(path)


def test_a_plate_shows_each_well_with_its_state_and_what_it_holds(plate):
    shown = Elements(plate._repr_html_())
    assert shown.tags.count("rect") >= 24
    for words in (
        "19 imaged",
        "1 fewer fields than most",
        "1 listed, nothing there",
        "1 cannot be read",
        "2 not acquired",
        "A01: 2 fields, compound DMSO",
        "y 32 × x 40, uint16",
        "compound: DMSO",
    ):
        assert words in shown.text


def test_texts_of_a_plate_stay_texts_and_nothing_is_fetched_or_run(plate):
    shown = Elements(plate._repr_html_() + plate.well("A1")._repr_html_())
    assert set(shown.tags) <= NEUTRAL
    assert EVIL in shown.text
    names = {name for _, name, _ in shown.attributes}
    assert not [name for name in names if name.startswith("on")]
    sources = [value for _, name, value in shown.attributes if name in ("src", "href")]
    assert all(value.startswith("data:image/png;base64,") for value in sources)


def test_names_of_channels_and_fields_stay_texts(tmp_path):
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1)
    plates.name_channels(path, EVIL, "b")
    well = from_hcs_zarr(path).well("A1")
    for value in (well, well.get_image(), well.fields[0]):
        shown = Elements(value._repr_html_())
        assert EVIL in shown.text
        assert set(shown.tags) <= NEUTRAL


def test_a_plate_of_1536_wells_is_bounded_and_has_them_all(tmp_path):
    listed = plates.document(32, 48)
    html = HCSPlate(None, listed)._repr_html_()
    assert html.count("<title>") == 1536
    assert len(html) < 200_000


def test_a_grid_that_is_no_plate_is_not_drawn(tmp_path):
    shown = Elements(HCSPlate(None, plates.document(100, 100, wells=[]))._repr_html_())
    assert "svg" not in shown.tags
    assert "A grid of 100 × 100 is not drawn." in shown.text


def test_a_plate_on_a_store_that_hangs_still_shows_its_wells(tmp_path, monkeypatch):
    released = threading.Event()

    class Hanging(DirectoryStore):
        def read_stamped(self, key):
            if key.startswith("A/2"):
                released.wait()
            return super().read_stamped(key)

    monkeypatch.setattr("hcs.plates.html._SECONDS", 0.5)
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=3)
    shown = Elements(from_hcs_zarr(Hanging(path))._repr_html_())
    released.set()
    assert "1 imaged" in shown.text
    assert "2 not looked at" in shown.text
    assert "1 of 3 wells were read within 0.5 s." in shown.text


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"attributes": {"ome": {"well": 3}}}', "\0"]
)
def test_a_broken_well_or_image_says_what_is_wrong(tmp_path, content):
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=2)
    plate = from_hcs_zarr(path)
    (path / "A" / "1" / "0" / "0" / "zarr.json").write_text(content)
    image = plate.well("A1").get_image()
    assert "⚠" in Elements(image._repr_html_()).text
    (path / "A" / "2" / "zarr.json").write_text(content)
    shown = Elements(plate._repr_html_())
    assert "1 cannot be read" in shown.text
    assert "⚠" in shown.text
    well = next(well for well in plate if well.path == "A/2")
    assert "A/2" in Elements(well._repr_html_()).text


def test_what_cannot_be_shown_at_all_is_named_and_raises_nothing(plate):
    broken = HCSPlate(None, plates.document())
    broken._metadata = None
    shown = Elements(broken._repr_html_())
    assert "HCSPlate" in shown.text
    assert "AttributeError" in shown.text


def test_a_thumbnail_is_the_plane_in_the_contrast_that_it_says():
    ramp = np.arange(100, dtype="uint16").reshape(1, 10, 10)
    image = to_multiscales(
        to_ngff_image(ramp, "cyx", channel_names=["Red"], channel_colors=["ff0000"])
    )
    (thumbnail,) = thumbnails(image)
    assert not thumbnail.stored
    (picture,) = pictures(image._repr_html_())
    drawn = np.asarray(picture.convert("RGB")).astype(float)
    part = (ramp[0] - thumbnail.low) / (thumbnail.high - thumbnail.low)
    assert np.array_equal(drawn[..., 0], np.rint(np.clip(part, 0, 1) * 255))
    assert not drawn[..., 1:].any()


def test_a_stored_contrast_is_used_and_said(tmp_path):
    path = plates.make(tmp_path / "p.zarr", rows=1, columns=1, pixels="gradient")
    document = path / "A" / "1" / "0" / "zarr.json"
    content = json.loads(document.read_text())
    window = {"start": 7, "end": 900, "min": 0, "max": 1000}
    for channel in content["attributes"]["ome"]["omero"]["channels"]:
        channel["window"] = window
    document.write_text(json.dumps(content))
    image = from_hcs_zarr(path).well("A1").get_image()
    assert [(window.low, window.high) for window in thumbnails(image) if window.stored]
    assert "as stored" in image._repr_html_()


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "bool", "uint64"])
@pytest.mark.parametrize("dims", ["yx", "zyx", "xy", "tczyx"])
def test_images_of_any_axes_and_type_have_thumbnails_of_bounded_size(dtype, dims):
    sizes = {"t": 2, "c": 3, "z": 5, "y": 300, "x": 500}
    shape = [sizes[dim] for dim in dims]
    pixels = (np.arange(np.prod(shape)) % 251).reshape(shape).astype(dtype)
    image = Multiscales([to_ngff_image(pixels, dims)])
    shown = pictures(image._repr_html_())
    assert len(shown) == (sizes["c"] if "c" in dims else 1)
    assert all(max(picture.size) <= SIDE for picture in shown)
    assert all(picture.width > picture.height for picture in shown)


def test_pixels_that_are_no_numbers_are_black():
    pixels = np.array([[np.nan, 0.0], [1.0, np.inf]], dtype="float32")
    (picture,) = pictures(to_multiscales(to_ngff_image(pixels))._repr_html_())
    assert np.asarray(picture)[0, 0].tolist() == [0, 0, 0]


def test_a_png_has_the_pixels_that_it_was_made_of():
    rng = np.random.default_rng(1)
    picture = rng.integers(0, 256, (7, 5, 3), dtype=np.uint8)
    assert np.array_equal(np.asarray(Image.open(io.BytesIO(png(picture)))), picture)


def test_a_moment_gives_what_came_before_an_error():
    def items():
        yield 1
        raise OSError("gone")

    taken = take(items, 5.0)
    assert (taken.items, taken.complete) == ([1], False)
    assert isinstance(taken.error, OSError)
