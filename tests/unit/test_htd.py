"""The .HTD file in the encodings of the computers that microscopes stand beside."""

import codecs

import pytest

from hcs.ingest.microscopes.htd import read_htd
from tests.unit.test_ingest_exports import HTD

WESTERN = HTD.replace("FITC", "FITC 20 \xb5m").replace("Cy5", "R\xf6t-d\xe9j\xe0")
JAPANESE = HTD.replace("DAPI", "\u6838\u67d3\u8272 DAPI").replace(
    "Cy5", "\u30a2\u30af\u30c1\u30f3"
)
FRENCH = HTD.replace("DAPI", "r\xe9p\xe9t\xe9s")
CHINESE = HTD.replace("DAPI", "\u7ec6\u80de\u6838")


def plain(text):
    """Return the file without the bytes of its description that are no text."""
    return text.replace(" \x82 ", " ")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        (WESTERN, "latin-1"),
        (WESTERN, "cp1252"),
        (FRENCH, "cp1252"),
        (WESTERN, "utf-8"),
        (WESTERN, "utf-8-sig"),
        (WESTERN, "utf-16"),
        (WESTERN, "utf-16-le"),
        (WESTERN, "utf-16-be"),
        (JAPANESE, "cp932"),
        (JAPANESE, "utf-8"),
        (JAPANESE, "utf-16-le"),
        (JAPANESE, "utf-16-be"),
        (CHINESE, "gb18030"),
        (CHINESE, "utf-16"),
    ],
)
def test_names_of_waves_are_read_in_any_encoding(text, encoding):
    record = read_htd(plain(text).encode(encoding), "x.HTD")
    expected = [
        line.split(", ")[1].strip('"')
        for line in text.splitlines()
        if line.startswith(('"WaveName1"', '"WaveName3"'))
    ]
    assert list(record.waves.values()) == expected
    assert (record.sites, record.z_steps, len(record.wells)) == (3, 3, 3)


def test_big_endian_with_a_mark_is_read():
    data = codecs.BOM_UTF16_BE + plain(WESTERN).encode("utf-16-be")
    assert read_htd(data, "x.HTD").waves[3] == "R\xf6t-d\xe9j\xe0"


def test_lines_of_a_description_are_parted_whatever_bytes_part_them():
    data = HTD.replace("cells \x82 fixed", "6t-2w\x82\x81DAPI: all\x82\x8130s")
    assert read_htd(data.encode("latin-1"), "x.HTD").description == (
        "6t-2w; DAPI: all; 30s"
    )


def test_an_encoding_that_was_guessed_is_told():
    assert read_htd(plain(HTD).encode(), "x.HTD").encoding == ""
    assert read_htd(plain(JAPANESE).encode("cp932"), "x.HTD").encoding == "cp932"
    assert read_htd(plain(WESTERN).encode("utf-16"), "x.HTD").encoding == ""
