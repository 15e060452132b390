from __future__ import annotations

import io
import json
import shutil
import struct
import subprocess
import sys
import warnings
import zipfile
from pathlib import Path

import numpy as np
import pytest
import zarr
from hypothesis import given
from hypothesis import strategies as st

import hcs
from hcs.writing.targets.zipfile64 import Zip64Writer
from tests import plates


def _tree(path: Path) -> dict[str, bytes]:
    return {
        file.relative_to(path).as_posix(): file.read_bytes()
        for file in path.rglob("*")
        if file.is_file()
    }


@given(
    st.dictionaries(
        st.text("abcä/", min_size=1, max_size=9), st.binary(max_size=50), max_size=5
    )
)
def test_the_standard_library_reads_what_is_zipped(entries: dict[str, bytes]) -> None:
    stream = io.BytesIO()
    writer = Zip64Writer(stream)
    for name, data in entries.items():
        writer.add(name, [data[:3], data[3:]])
    writer.finish(b"comment")
    with zipfile.ZipFile(stream) as archive:
        assert archive.comment == b"comment"
        assert archive.namelist() == list(entries)
        assert archive.testzip() is None
        for name, data in entries.items():
            assert archive.read(name) == data
            assert archive.getinfo(name).compress_type == zipfile.ZIP_STORED


def test_an_archive_follows_rfc_9(tmp_path: Path) -> None:
    path = plates.make(
        tmp_path / "p.ozx", rows=2, columns=2, fields=2, shape=(300, 300)
    )
    data = path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        names = archive.namelist()
        documents = [name for name in names if name.endswith("zarr.json")]
        assert names[0] == "zarr.json"
        assert names[: len(documents)] == documents
        depths = [name.count("/") for name in documents]
        assert depths == sorted(depths)
        # In the file they lie in the same order.
        offsets = [archive.getinfo(name).header_offset for name in names]
        assert offsets == sorted(offsets)
        assert json.loads(archive.comment) == {
            "ome": {
                "version": "0.5",
                "zipFile": {"centralDirectory": {"jsonFirst": True}},
            }
        }
        assert all(
            info.compress_type == zipfile.ZIP_STORED for info in archive.infolist()
        )
        # Two files a level and one a field: sharded.
        assert len([name for name in names if name.startswith("A/1/0/")]) == 5
    assert b"PK\x06\x06" in data  # ZIP64, also in a small archive
    assert b"PK\x06\x07" in data
    name = struct.unpack_from("<H", data, 26)[0]
    assert struct.unpack_from("<H", data, 30 + name)[0] == 1  # its extra field


def test_equal_plates_give_equal_archives(tmp_path: Path, plate_path: Path) -> None:
    hcs.pack(plate_path, tmp_path / "a.ozx")
    shutil.copytree(plate_path, tmp_path / "copy.zarr")
    hcs.pack(tmp_path / "copy.zarr", tmp_path / "b.ozx")
    hcs.unpack(tmp_path / "a.ozx", tmp_path / "c.zarr")
    hcs.pack(tmp_path / "c.zarr", tmp_path / "c.ozx")
    bytes_of = [(tmp_path / f"{name}.ozx").read_bytes() for name in "abc"]
    assert bytes_of[0] == bytes_of[1] == bytes_of[2]


def test_packing_and_unpacking_give_the_plate_back(
    tmp_path: Path, plate_path: Path
) -> None:
    seen: list[tuple[int, int | None]] = []
    hcs.pack(
        plate_path, tmp_path / "a.OZX", progress=lambda *counts: seen.append(counts)
    )
    hcs.unpack(tmp_path / "a.OZX", tmp_path / "b.zarr")
    assert _tree(tmp_path / "b.zarr") == _tree(plate_path)
    assert seen[-1] == (len(_tree(plate_path)),) * 2


def test_leftovers_and_bystanders_are_not_packed(
    tmp_path: Path, plate_path: Path
) -> None:
    before = set(_tree(plate_path))
    with hcs.from_hcs_zarr(plate_path) as plate:
        base = plate.well("A1").field("0").version
    image = hcs.to_ngff_image(np.ones((2, 32, 40), "u2"), dims=("c", "y", "x"))
    staged = hcs.stage_field(plate_path, "A/1", "0", image, base=base)
    mark = plate_path / "A/1/0r2/zarr.json"
    content = json.loads(mark.read_bytes())
    content["attributes"] = {"hcs": {"state": "staging", "version": "x"}}
    mark.write_text(json.dumps(content))
    for place in ("hcs_versions/0r1", "0/labels/nuclei", "0/tables/measured"):
        shutil.copytree(plate_path / "A/1/0r2", plate_path / "A/1" / place)
    for name in (".DS_Store", "A/1/.zarr.json.00.hcs-part", "A/Thumbs.db"):
        (plate_path / name).write_text("x")
    hcs.pack(plate_path, tmp_path / "a.ozx")
    with zipfile.ZipFile(tmp_path / "a.ozx") as archive:
        assert set(archive.namelist()) == before
    staged.discard()


def test_a_link_out_of_the_plate_is_not_packed(
    tmp_path: Path, plate_path: Path
) -> None:
    (tmp_path / "secret").write_text("x")
    (plate_path / "A/1/secret").symlink_to(tmp_path / "secret")
    with pytest.raises(hcs.StoreError, match=r"Could not write .*a\.ozx"):
        hcs.pack(plate_path, tmp_path / "a.ozx")
    assert not list(tmp_path.glob("*.ozx")) + list(tmp_path.glob(".*"))


def test_what_cannot_be_packed_is_refused(tmp_path: Path, plate_path: Path) -> None:
    with pytest.raises(hcs.StoreError, match=r"must be called something\.ozx"):
        hcs.pack(plate_path, tmp_path / "a.zip")
    (tmp_path / "a.ozx").write_text("mine")
    with pytest.raises(hcs.StoreError, match="overwrite=True"):
        hcs.pack(plate_path, tmp_path / "a.ozx")
    assert (tmp_path / "a.ozx").read_text() == "mine"
    old = plates.make(tmp_path / "old.zarr", version="0.4")
    with pytest.raises(hcs.UnsupportedVersionError, match="Convert it first"):
        hcs.pack(old, tmp_path / "b.ozx")
    with pytest.raises(hcs.UnsupportedVersionError, match="archives hold Zarr v3"):
        plates.make(tmp_path / "c.ozx", version="0.4")
    with pytest.raises(hcs.PlateNotFoundError):
        hcs.pack(tmp_path / "nothing", tmp_path / "d.ozx")


def test_unpacking_needs_a_free_place(tmp_path: Path, plate_path: Path) -> None:
    hcs.pack(plate_path, tmp_path / "a.ozx")
    with pytest.raises(hcs.StoreError, match="exists"):
        hcs.unpack(tmp_path / "a.ozx", plate_path)
    (tmp_path / "empty").mkdir()
    hcs.unpack(tmp_path / "a.ozx", tmp_path / "empty")
    (tmp_path / "broken.ozx").write_bytes((tmp_path / "a.ozx").read_bytes()[:-30])
    with pytest.raises(hcs.HCSError):
        hcs.unpack(tmp_path / "broken.ozx", tmp_path / "b.zarr")
    assert not (tmp_path / "b.zarr").exists()


def test_unzip_finds_no_fault(tmp_path: Path, plate_path: Path) -> None:
    if shutil.which("unzip") is None:
        pytest.skip("unzip is not installed")
    hcs.pack(plate_path, tmp_path / "a.ozx")
    done = subprocess.run(
        ["unzip", "-t", str(tmp_path / "a.ozx")], capture_output=True, check=False
    )
    assert b"No errors detected" in done.stdout


# --- changing a plate inside an archive -----------------------------------------------


def _value(path: Path, well: str, field: str) -> int:
    with hcs.from_hcs_zarr(path) as plate:
        image = plate.well(well).field(field).image()
        (value,) = np.unique(np.asarray(image.images[0].data))
    return int(value)


def _image(value: int) -> hcs.NgffImage:
    return hcs.to_ngff_image(np.full((1, 32, 40), value, "u2"), dims=("c", "y", "x"))


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    return plates.make(tmp_path / "p.ozx", fields=2, channels=1)


def test_fields_are_added_to_and_corrected_in_an_archive(archive: Path) -> None:
    with hcs.HCSPlateWriter(archive, overwrite=False) as writer:
        writer.write_well_image(_image(7), "A", "1", 0)
        writer.write_well_image(_image(8), "A", "1", 2)
    assert [_value(archive, "A1", str(field)) for field in range(3)] == [
        7,
        plates.value(0, 0, 1),
        8,
    ]
    assert _value(archive, "B3", "1") == plates.value(1, 2, 1)
    with hcs.from_hcs_zarr(archive) as plate:
        # Nobody can hold on to a path in an archive that is replaced: it is settled.
        assert [field.path for field in plate.well("A1").fields] == ["0", "1", "2"]
    first = hcs.history(archive)["A/1", "0"][0]
    hcs.revert(archive, "A/1", "0", first.id, who=hcs.Who("Ada"), reason="why")
    assert _value(archive, "A1", "0") == plates.value(0, 0, 0)
    assert [path.name for path in archive.parent.iterdir()] == ["p.ozx"]


def test_a_field_is_corrected_in_the_archive_that_a_link_leads_to(
    archive: Path, tmp_path: Path
) -> None:
    link = tmp_path / "elsewhere" / "link.ozx"
    link.parent.mkdir()
    link.symlink_to(archive)
    with hcs.from_hcs_zarr(link) as plate:
        base = plate.well("A1").field("0").version
    staged = hcs.stage_field(link, "A/1", "0", _image(7), base=base)
    staged.commit(who=hcs.Who("Ada"), reason="why")
    assert link.is_symlink()
    assert [path.name for path in link.parent.iterdir()] == ["link.ozx"]
    assert _value(archive, "A1", "0") == 7


def test_an_archive_stays_the_same_until_the_new_one_is_verified(
    archive: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def damaged(path: Path) -> None:
        raise hcs.CorruptDataError(f"{path} does not read back")

    before = archive.read_bytes()
    with hcs.from_hcs_zarr(archive) as plate:
        base = plate.well("A1").field("0").version
    staged = hcs.stage_field(archive, "A/1", "0", _image(7), base=base)
    monkeypatch.setattr(
        sys.modules["hcs.writing.targets.archive_file"], "_check_archive", damaged
    )
    with pytest.raises(hcs.CorruptDataError):
        staged.commit(who=hcs.Who("Ada"), reason="why")
    monkeypatch.undo()
    assert archive.read_bytes() == before
    staged.commit(who=hcs.Who("Ada"), reason="why")
    assert _value(archive, "A1", "0") == 7


def test_an_archive_that_changed_since_a_field_was_staged_is_looked_at_again(
    archive: Path,
) -> None:
    with hcs.from_hcs_zarr(archive) as plate:
        bases = [field.version for field in plate.well("A1").fields]
    first, second, late = (
        hcs.stage_field(archive, "A/1", field, _image(value), base=bases[int(field)])
        for field, value in (("0", 7), ("1", 8), ("0", 9))
    )
    first.commit(who=hcs.Who("Ada"), reason="why")
    second.commit(who=hcs.Who("Bob"), reason="why")
    with pytest.raises(hcs.ConflictError, match="by Ada"):
        late.commit(who=hcs.Who("Eve"), reason="why")
    late.discard()
    assert (_value(archive, "A1", "0"), _value(archive, "A1", "1")) == (7, 8)
    assert [path.name for path in archive.parent.iterdir()] == ["p.ozx"]


def test_a_damaged_entry_is_not_copied_into_a_new_archive(archive: Path) -> None:
    with zipfile.ZipFile(archive) as opened:
        info = opened.getinfo("B/3/1/0/c/0/0/0")
    data = bytearray(archive.read_bytes())
    data[info.header_offset + 30 + len(info.filename) + 20 + 5] ^= 0xFF
    archive.write_bytes(data)
    with pytest.raises(hcs.CorruptDataError, match="damaged"):
        with hcs.HCSPlateWriter(archive, overwrite=False) as writer:
            writer.write_well_image(_image(7), "A", "1", 0)
    assert archive.read_bytes() == bytes(data)


def test_the_fields_of_a_failed_writer_can_be_packed_into_the_archive(
    archive: Path,
) -> None:
    with pytest.raises(ZeroDivisionError):
        with hcs.HCSPlateWriter(archive, overwrite=False) as writer:
            writer.write_well_image(_image(7), "A", "1", 5)
            raise ZeroDivisionError
    (remains,) = archive.parent.glob(".p.ozx.*")
    hcs.pack(remains, archive, overwrite=True)
    assert _value(archive, "A1", "5") == 7
    assert _value(archive, "B3", "1") == plates.value(1, 2, 1)
    with hcs.HCSPlateWriter(archive, overwrite=False) as writer:
        writer.write_well_image(_image(8), "A", "1", 6)
    shutil.rmtree(remains)


def test_zarr_lists_an_archive_in_silence(archive: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with zarr.storage.ZipStore(archive, mode="r") as store:
            groups = [zarr.open_group(store, mode="r")]
            while groups:
                groups += [
                    member
                    for _, member in groups.pop().members()
                    if isinstance(member, zarr.Group)
                ]
