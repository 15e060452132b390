"""Rules of arrays and archives: what documents and listings say together."""

from __future__ import annotations

from typing import Any

import pytest

from hcs.rules.archive import Archive, ArchiveEntry, archive_problems
from hcs.rules.level import (
    Level,
    array_problems,
    label_level_problems,
    level_problems,
    scheme_of,
)
from hcs.rules.problem import Problem
from tests.unit.test_rules_image import image

NAMES = ("c", "y", "x")


def rules_of(problems: list[Problem]) -> list[tuple[str, str]]:
    return [(problem.severity, problem.rule) for problem in problems]


def level(path: str, *shape: int, dtype: str = "uint16", names: Any = NAMES) -> Level:
    return Level(path, shape, dtype, names)


@pytest.mark.parametrize("version", ["0.4", "0.5", "0.6"])
def test_the_scheme_is_read_from_each_version(version: str) -> None:
    scheme = scheme_of(image(version), version)
    assert scheme is not None
    assert scheme.axes == NAMES
    assert scheme.paths == ("0", "1")


def check(*levels: Level, version: str = "0.5", **keys: Any) -> list[tuple[str, str]]:
    scheme = scheme_of(image(version, **keys), version)
    assert scheme is not None
    return rules_of(level_problems(scheme, levels, version))


def test_sound_levels_have_no_problems() -> None:
    assert check(level("0", 2, 9, 9), level("1", 2, 5, 5)) == []


def test_an_array_of_other_dimensions_is_an_error() -> None:
    assert check(level("0", 9, 9)) == [("error", "level-dimensions")]


def test_a_later_level_must_not_be_larger() -> None:
    assert check(level("0", 2, 5, 5), level("1", 2, 9, 9)) == [("error", "level-order")]


def test_another_dtype_is_a_warning() -> None:
    second = level("1", 2, 5, 5, dtype="float32")
    assert check(level("0", 2, 9, 9), second) == [("warning", "level-dtype")]


@pytest.mark.parametrize("names", [None, ("y", "x", "c")])
def test_dimension_names_of_0_5_must_be_those_of_the_axes(names: Any) -> None:
    wrong = level("0", 2, 9, 9, names=names)
    assert check(wrong) == [("error", "level-dimension-names")]
    assert check(wrong, version="0.6") == []


def test_the_array_decides_about_a_short_scale_in_0_4() -> None:
    attributes = image("0.4")
    scale = [{"type": "scale", "scale": [1, 1]}]
    attributes["multiscales"][0]["datasets"][0]["coordinateTransformations"] = scale
    scheme = scheme_of(attributes, "0.4")
    assert scheme is not None
    problems = level_problems(scheme, [level("0", 2, 9, 9)], "0.4")
    assert rules_of(problems) == [("error", "level-scale")]


def test_display_settings_should_fit_the_channels() -> None:
    omero = {"channels": [{}, {}, {}]}
    assert check(level("0", 2, 9, 9), omero=omero) == [
        ("warning", "omero-channel-count")
    ]


def test_labels_are_integers_with_as_many_levels() -> None:
    source, scheme = scheme_of(image(), "0.5"), scheme_of(image(), "0.5")
    assert source is not None
    assert scheme is not None
    levels = [level("0", 1, 9, 9, dtype="float32")]
    problems = label_level_problems(levels, source, scheme, "0.5")
    assert rules_of(problems) == [("error", "label-dtype")]
    attributes = image()
    del attributes["ome"]["multiscales"][0]["datasets"][1]
    fewer = scheme_of(attributes, "0.5")
    assert fewer is not None
    problems = label_level_problems([], source, fewer, "0.5")
    assert rules_of(problems) == [("error", "label-levels")]


@pytest.mark.parametrize(
    ("document", "version", "rule"),
    [
        ({"node_type": "group"}, "0.5", "level-not-array"),
        ({"node_type": "array", "shape": [1, -1]}, "0.5", "array-shape"),
        ({"node_type": "array", "shape": [True]}, "0.5", "array-shape"),
        ({"node_type": "array", "shape": [1]}, "0.5", "array-dtype"),
        ({"shape": [1], "dtype": "|O"}, "0.4", "array-dtype"),
        ({"shape": [1], "dtype": [["a", "<u2"]]}, "0.4", "array-dtype"),
    ],
)
def test_a_broken_array_document_is_an_error(
    document: Any, version: str, rule: str
) -> None:
    nothing, problems = array_problems(document, version, "0", "A/1/0/0")
    assert nothing is None
    assert rules_of(problems) == [("error", rule)]


def test_flat_chunks_of_0_4_are_a_warning() -> None:
    document = {"shape": [4, 4], "dtype": ">u2", "dimension_separator": "."}
    array_level, problems = array_problems(document, "0.4", "0")
    assert array_level == Level("0", (4, 4), "uint16")
    assert rules_of(problems) == [("warning", "array-separator")]


# -- archives --------------------------------------------------------------------------

COMMENT = b'{"ome": {"version": "0.5"}}'
ENTRIES = ["zarr.json", "A/zarr.json", "A/1/zarr.json", "A/1/0/0/c/0/0"]


def archive(names: list[str] = ENTRIES, **keys: Any) -> Archive:
    method = keys.pop("method", 0)
    entries = [ArchiveEntry(name, method, at) for at, name in enumerate(names)]
    settings = {"name": "p.ozx", "comment": COMMENT, "zip64": True}
    return Archive(entries=entries, **(settings | keys))


def test_a_sound_archive_has_no_problems() -> None:
    assert archive_problems(archive(), "0.5") == []


@pytest.mark.parametrize(
    ("wrong", "expected"),
    [
        (archive(["p.zarr/zarr.json"]), ("error", "ozx-root")),
        (archive([]), ("error", "ozx-root")),
        (archive(disks=2), ("error", "ozx-split")),
        (archive([*ENTRIES, "../evil"]), ("error", "ozx-path")),
        (archive([*ENTRIES, "/etc/x"]), ("error", "ozx-path")),
        (archive([*ENTRIES, "A/.zattrs"]), ("error", "ozx-zarr-format")),
        (archive([*ENTRIES, "zarr.json"]), ("warning", "ozx-duplicate")),
        (archive(name="p.zip"), ("warning", "ozx-name")),
        (archive(zip64=False), ("warning", "ozx-zip64")),
        (archive(method=8), ("warning", "ozx-compressed")),
        (archive(ENTRIES[::-1]), ("warning", "ozx-order")),
        (archive(comment=b""), ("warning", "ozx-comment")),
        (archive(comment=b"\xff"), ("warning", "ozx-comment")),
        (archive(comment=b'{"ome": []}'), ("warning", "ozx-comment")),
        (
            archive(comment=b'{"ome": {"version": "0.4"}}'),
            ("warning", "ozx-comment-version"),
        ),
    ],
)
def test_each_rule_of_rfc_9(wrong: Archive, expected: tuple[str, str]) -> None:
    assert expected in rules_of(archive_problems(wrong, "0.5"))


def test_documents_come_breadth_first_in_the_file_too() -> None:
    entries = [ArchiveEntry(name, 0, -at) for at, name in enumerate(ENTRIES)]
    wrong = Archive("p.ozx", entries, COMMENT, zip64=True)
    assert rules_of(archive_problems(wrong, "0.5")) == [("warning", "ozx-order")]
