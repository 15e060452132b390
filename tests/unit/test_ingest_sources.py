import io
import os
import pickle
import stat
import struct
import zipfile

import numpy as np
import pytest
import tifffile

from hcs.errors import SourceError
from hcs.ingest.importing import import_plate
from hcs.ingest.sources import open_source


def _tiff():
    stream = io.BytesIO()
    tifffile.imwrite(stream, np.zeros((8, 8), "u2"))
    return stream.getvalue()


TIFF = _tiff()


def write(path, data=b"x"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def names(source):
    return [file.name for file in source.files]


def test_a_folder_lists_its_files_sorted_and_below_it(tmp_path):
    for name in ("b.tif", "a.tif", "sub/c.tif"):
        write(tmp_path / name, name.encode())
    with open_source(tmp_path) as source:
        assert names(source) == ["a.tif", "b.tif", "sub/c.tif"]
        assert source.files[2].base == "c.tif"
        assert source.files[2].folder == "sub"
        assert source.read("sub/c.tif", 100) == b"sub/c.tif"
        with pytest.raises(SourceError, match="larger than 3 bytes"):
            source.read("sub/c.tif", 3)


def test_what_is_no_file_is_left_out_with_a_reason(tmp_path):
    write(tmp_path / "a.tif")
    os.mkfifo(tmp_path / "pipe.tif")
    (tmp_path / "loop.tif").symlink_to(tmp_path / "loop.tif")
    (tmp_path / "round").symlink_to(tmp_path)
    (tmp_path / "linked.tif").symlink_to(tmp_path / "a.tif")
    write(tmp_path / "plate.zarr" / "zarr.json")
    with open_source(tmp_path) as source:
        assert names(source) == ["a.tif", "linked.tif"]
        reasons = dict(source.left_out)
    assert reasons["pipe.tif"] == "is not a regular file"
    assert "cannot be read" in reasons["loop.tif"]
    assert reasons["round/"] == "is a link to a folder"
    assert reasons["plate.zarr/"] == "is a Zarr hierarchy"


def test_names_that_are_no_text_can_be_printed(tmp_path):
    write(tmp_path / os.fsdecode(b"caf\xe9.tif"), b"1")
    write(tmp_path / "a\x1b[31m.tif", b"2")
    with open_source(tmp_path) as source:
        assert names(source) == ["a\ufffd[31m.tif", "caf\ufffd.tif"]
        assert source.read("caf\ufffd.tif", 10) == b"1"
        "".join(names(source)).encode()


@pytest.mark.parametrize("kind", ["nothing", "file"])
def test_what_is_neither_folder_nor_zip_is_refused(tmp_path, kind):
    path = tmp_path / "x.tif"
    if kind == "file":
        write(path)
    with pytest.raises(SourceError, match=r"x\.tif"):
        open_source(path)


def make_zip(path, members, **options):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name, data, **options)
    return path


def test_a_zip_is_read_without_touching_the_disk(tmp_path):
    path = make_zip(tmp_path / "e.zip", {"d/b.tif": b"bb", "a.tif": b"a", "d/": b""})
    with open_source(path) as source:
        assert source.name == "e"
        assert names(source) == ["a.tif", "d/b.tif"]
        assert source.read("d/b.tif", 10) == b"bb"
        again = pickle.loads(pickle.dumps(source))  # noqa: S301  # our own bytes
        assert again.read("a.tif", 10) == b"a"
        again.close()
    assert [path.name for path in tmp_path.iterdir()] == ["e.zip"]


@pytest.mark.parametrize(
    "name", ["../evil.tif", "/etc/passwd", "a/../../b.tif", "C:/x.tif", "..\\x.tif"]
)
def test_members_that_would_leave_the_archive_are_not_read(tmp_path, name):
    path = make_zip(tmp_path / "e.zip", {name: b"x", "ok.tif": b"y"})
    with open_source(path) as source:
        assert names(source) == ["ok.tif"]
        assert source.left_out[0][1] == "has a name that leaves the archive"


def test_a_member_that_is_there_twice_is_refused(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.tif", b"1")
        with pytest.warns(UserWarning, match="Duplicate name"):
            archive.writestr("a.tif", b"2")
    with pytest.raises(SourceError, match=r"holds two files called a\.tif"):
        open_source(path)


def test_links_and_encrypted_members_are_left_out(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        link = zipfile.ZipInfo("link.tif")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/passwd")
        archive.writestr("locked.tif", b"x")
    data = bytearray(path.read_bytes())
    entry = data.rindex(b"PK\x01\x02")
    data[entry + 8] |= 1
    path.write_bytes(bytes(data))
    with open_source(path) as source:
        assert source.files == ()
        assert dict(source.left_out) == {
            "link.tif": "is not a regular file",
            "locked.tif": "is encrypted",
        }


def test_a_member_that_claims_to_be_huge_is_left_out(tmp_path):
    path = make_zip(tmp_path / "e.zip", {"bomb.tif": b"\0" * 1000, "big.tif": b"1"})
    data = bytearray(path.read_bytes())
    for name, size in ((b"bomb.tif", 600 << 20), (b"big.tif", 3 << 30)):
        entry = data.rindex(name) - 46
        struct.pack_into("<I", data, entry + 24, size)
    path.write_bytes(bytes(data))
    with open_source(path) as source:
        reasons = dict(source.left_out)
    assert "decompression bomb" in reasons["bomb.tif"]
    assert "larger than 2 GiB" in reasons["big.tif"]


def test_a_zip_that_would_grow_out_of_proportion_as_a_whole_is_refused(tmp_path):
    members = {f"{number:03}.tif": b"\0" * 1000 for number in range(100)}
    path = make_zip(tmp_path / "e.zip", members)
    data = bytearray(path.read_bytes())
    for name in members:
        entry = data.rindex(name.encode()) - 46
        struct.pack_into("<I", data, entry + 24, 250 << 20)
    path.write_bytes(bytes(data))
    with pytest.raises(SourceError, match="-fold to 24 GiB, as a decompression bomb"):
        open_source(path)


def test_members_with_endless_names_or_folders_are_left_out(tmp_path):
    deep, long = "d/" * 45 + "A01.tif", "A02" + "x" * 1200 + ".tif"
    path = make_zip(tmp_path / "e.zip", {deep: b"1", long: b"1", "d/A03.tif": b"1"})
    with open_source(path) as source:
        assert names(source) == ["d/A03.tif"]
        assert {reason[:28] for _, reason in source.left_out} == {
            "has a name of more than 1000"
        }


@pytest.mark.parametrize("damage", ["cut", "flipped"])
def test_a_damaged_zip_is_an_error_of_the_source(tmp_path, damage):
    path = make_zip(tmp_path / "e.zip", {"a.tif": os.urandom(5000)})
    data = bytearray(path.read_bytes())
    if damage == "cut":
        path.write_bytes(bytes(data[:-30]))
        with pytest.raises(SourceError):
            open_source(path)
        return
    data[1000] ^= 255
    path.write_bytes(bytes(data))
    with (
        open_source(path) as source,
        pytest.raises(SourceError, match=r"a\.tif cannot"),
    ):
        source.read("a.tif", 10_000)


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_the_fingerprint_knows_other_content_under_the_same_names(tmp_path, kind):
    def source_of(name, members):
        folder = tmp_path / name
        if kind == "zip":
            folder.mkdir()
            return open_source(make_zip(folder / "e.zip", members))
        for member, data in members.items():
            write(folder / member, data)
        return open_source(folder)

    first = {"a.tif": b"12", "b.tif": b"34", "note.txt": b"?"}
    with (
        source_of("1", first) as source,
        source_of("2", {**first, "note.txt": b"!"}) as same,
        source_of("3", {**first, "b.tif": b"35"}) as other,
    ):
        used = ["a.tif", "b.tif"]
        assert source.fingerprint(used) == same.fingerprint(used)
        assert source.fingerprint(used) != other.fingerprint(used)
        assert source.fingerprint(used) != source.fingerprint(["a.tif"])


def test_backslashes_and_leading_dots_of_a_zip_are_folders(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("run\\A01.tif", "run\\sub\\B02.tif", "./run/C03.tif", "run\\"):
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            archive.writestr(entry, b"" if name.endswith("\\") else name.encode())
    with open_source(path) as source:
        assert names(source) == ["run/A01.tif", "run/C03.tif", "run/sub/B02.tif"]
        assert source.read("run/A01.tif", 100) == b"run\\A01.tif"
        assert source.left_out == ()


@pytest.mark.parametrize("name", ["\\\\server\\x.tif", "\\x.tif", "a\\..\\..\\x.tif"])
def test_backslashes_do_not_lead_out_of_a_zip(tmp_path, name):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        entry = zipfile.ZipInfo("x")
        entry.filename = name
        archive.writestr(entry, b"x")
    with open_source(path) as source:
        assert source.files == ()
        assert source.left_out[0][1] == "has a name that leaves the archive"


def test_two_names_that_are_one_with_slashes_are_refused(tmp_path):
    path = tmp_path / "e.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in ("run/a.tif", "run\\a.tif"):
            entry = zipfile.ZipInfo("x")
            entry.filename = name
            archive.writestr(entry, b"x")
    with pytest.raises(SourceError, match=r"holds two files called run/a\.tif"):
        open_source(path)


def test_a_zip64_is_read(tmp_path):
    path = tmp_path / "e.zip"
    with (
        zipfile.ZipFile(path, "w") as archive,
        archive.open("a.tif", "w", force_zip64=True) as member,
    ):
        member.write(b"12")
    with open_source(path) as source:
        assert source.read("a.tif", 10) == b"12"


@pytest.mark.parametrize("kind", ["folder", "zip"])
def test_archives_inside_are_said_to_be_left_out(tmp_path, kind):
    inner = {"more.zip": b"PK", "old.TAR.GZ": b"x", "a.tif": b"1"}
    if kind == "zip":
        source = open_source(make_zip(tmp_path / "e.zip", inner))
    else:
        for name, data in inner.items():
            write(tmp_path / "e" / name, data)
        source = open_source(tmp_path / "e")
    with source:
        assert names(source) == ["a.tif"]
        assert [name for name, _ in source.left_out] == ["more.zip", "old.TAR.GZ"]
        for _, reason in source.left_out:
            assert "archive inside the export" in reason


@pytest.mark.parametrize("kind", ["encrypted", "nested"])
def test_a_zip_of_nothing_that_can_be_read_says_why(tmp_path, kind):
    path = make_zip(tmp_path / "e.zip", {"run.zip" if kind == "nested" else "a": b"x"})
    if kind == "encrypted":
        data = bytearray(path.read_bytes())
        data[data.rindex(b"PK\x01\x02") + 8] |= 1
        path.write_bytes(bytes(data))
    reason = "is encrypted" if kind == "encrypted" else "archive inside the export"
    with pytest.raises(SourceError, match=f"e holds no files that can be.*{reason}"):
        import_plate(path, dry_run=True)


def test_files_whose_names_differ_by_case_are_two(tmp_path):
    path = make_zip(tmp_path / "e.zip", {"a01.tif": TIFF, "A01.TIF": TIFF})
    with open_source(path) as source:
        assert names(source) == ["A01.TIF", "a01.tif"]
    with pytest.raises(SourceError, match=r"A01: A01\.TIF and a01\.tif"):
        import_plate(path, dry_run=True, pattern="{well}.tif")


def test_what_macos_adds_to_a_zip_is_of_the_system(tmp_path):
    members = {
        "run/A01.tif": TIFF,
        "__MACOSX/run/._A01.tif": b"x",
        "run/.DS_Store": b"x",
    }
    report = import_plate(
        make_zip(tmp_path / "e.zip", members), dry_run=True, pattern="{well}.tif"
    )
    assert report.used == ("run/A01.tif",)
    assert {reason for _, reason in report.skipped} == {
        "is a file of the operating system"
    }


def test_what_changed_since_the_listing_is_told_once(tmp_path):
    for name in ("a.tif", "b.tif"):
        write(tmp_path / name)
    with open_source(tmp_path) as source:
        assert (source.change("a.tif"), source.news()) == ("", ())
        write(tmp_path / "a.tif", b"more")
        write(tmp_path / "c.tif", b"new")
        assert [file.name for file in source.news()] == ["a.tif", "c.tif"]
        assert "it had 1 bytes, and then 4" in source.change("a.tif")
        assert source.change("a.tif") == ""
        (tmp_path / "b.tif").unlink()
        assert source.change("b.tif") == "has gone since it was listed"
        assert [file.name for file in source.news()] == ["c.tif"]


def test_a_change_that_another_thread_was_told_of_is_told_to_a_reader_too(tmp_path):
    write(tmp_path / "a.tif")
    with open_source(tmp_path) as source:
        before = source.state("a.tif")
        write(tmp_path / "a.tif", b"more")
        assert source.change("a.tif") != ""
        assert "it had 1 bytes, and then 4" in source.change("a.tif", before)
        assert source.change("a.tif", source.state("a.tif")) == ""


def test_two_names_that_show_alike_are_refused_and_neither_is_lost(tmp_path):
    for letter in (b"\xff", b"\xfe"):
        path = os.fsencode(tmp_path) + b"/run" + letter + b"_B03_s1_w1.tif"
        with open(path, "wb") as stream:  # noqa: PTH123  # a name that is no text
            stream.write(TIFF)
    with pytest.raises(SourceError, match=r"two files called .*Rename one"):
        open_source(tmp_path)
