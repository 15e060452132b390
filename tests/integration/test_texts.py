"""What Python sends to the page is what ``assets/types.d.ts`` says.

The compiler that checks the scripts by these types checks the texts by them, too: each
text of a tour through plates and acts becomes a constant of its type.
"""

from __future__ import annotations

import base64
import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from dashboard.accounts import Role
from tests import plates
from tests.integration.inbox_exports import write_export
from tests.integration.judged import (
    A1,
    A2,
    ADA,
    BEN,
    FIELD,
    KEY,
    correct,
    judge,
    picture,
)
from tests.integration.serving import person, send, service, surveyed, tiff, wait_for
from tests.integration.visits import KNOWN, Visit

if TYPE_CHECKING:
    from dashboard.service import Service

ROOT = Path(__file__).resolve().parents[2]

ROLES = ["negative", "positive", *["sample"] * 4]
CONDITIONS = {
    "columns": ["role", "compound", "dose_uM"],
    "wells": {
        f"{row}/{column}": [role, f"c{column}", str(column)]
        for row in "ABCD"
        for column, role in enumerate(ROLES, 1)
    },
}

PLACES = [
    "",
    f"plate={KEY}",
    f"plate={KEY}&metric=mean.0",
    f"plate={KEY}&metric=mean.0&score=z",
    f"plate={KEY}&metric=mean.0&score=b",
    f"plate={KEY}&metric=condition:compound",
    f"plate={KEY}&metric=background_unevenness.0&well=A1",
    f"plate={KEY}&montage=random",
    f"plate={KEY}&well=A1",
    f"plate={KEY}&well=A3&look=pictures",
    f"plate={KEY}&well=A1&field=1&metric=mean.0",
    "plate=axes.ome.zarr&well=A1&field=0&z=1&t=0",
    "plate=axes.ome.zarr&projection=max&well=A1",
    "plate=odd.ome.zarr&well=A2",
    "plate=nothing&well=<b>",
]


def add_a_plate(visit: Visit) -> None:
    """Have a picked folder tried out, with a plate map and without a name."""

    def shown() -> Any:
        visit.parts["add_plate"]._look()  # type: ignore[attr-defined]
        visit.rest()
        return visit.content("add_plate")

    root = visit.content("add_plate")["roots"][0][0]
    visit.act("add_plate", type="list", id=root)
    (entry,) = wait_for(lambda: shown()["listing"])["entries"]
    visit.act("add_plate", type="pick", id=entry["id"])
    table = base64.b64encode(b"well,drug\nA1,x\nH1,y\nZZ99,z\n").decode()
    files = [{"name": "map.csv", "data": table}]
    wait_for(lambda: (shown()["source"] or {}).get("outcome"), "for a dry run")
    visit.act("add_plate", type="tables", files=files)
    wait_for(lambda: shown()["source"]["fresh"], "for another")
    visit.act("add_plate", type="name", name="")
    visit.act("add_plate", type="back")


def tour(made: Service, texts: set[tuple[str, str, str]]) -> None:
    for place in PLACES:
        Visit(made, place, texts).close()


@pytest.fixture(scope="module")
def texts(tmp_path_factory: pytest.TempPathFactory) -> set[tuple[str, str, str]]:
    """Return the texts of a tour: part, text, JSON."""
    folder = tmp_path_factory.mktemp("plates")
    plates.make(
        folder / KEY,
        rows=4,
        columns=6,
        fields=2,
        pixels="random",
        annotations={"conditions": CONDITIONS},
        missing=[(0, 2, 1)],
    )
    plates.make(
        folder / "axes.ome.zarr",
        columns=2,
        fields=2,
        z=2,
        t=2,
        channels=1,
        acquisitions=[0, 3],
    )
    plates.make(folder / "packed.ozx", columns=2)
    odd = plates.make(folder / "odd.ome.zarr", wells=[(0, 0), (0, 1)])
    (odd / "A" / "2" / "zarr.json").write_text("{ not json")
    seen: set[tuple[str, str, str]] = set()
    workspace = tmp_path_factory.mktemp("workspace")
    exports = tmp_path_factory.mktemp("exports")
    write_export(exports / "P1")
    (exports / "P1" / "notes.txt").write_text("no image")
    roots = (str(exports),)
    with service(workspace, folder, measure=False, add_from=roots) as made:
        for key in (KEY, "axes.ome.zarr", "odd.ome.zarr", "packed.ozx"):
            surveyed(made, key)
        Visit(made, f"plate={KEY}&metric=mean.0", seen).close()
        made.quality.measure(KEY)
        judge(made, A1, "fail", reason="focus")
        judge(made, A2, "pass", basis="unseen")
        judge(made, FIELD, "flag", note="see")
        correct(made, "A2", "0", 77)
        tour(made, seen)
        visit = Visit(made, f"plate={KEY}&metric=mean.0", seen)
        visit.until("distribution", "figure")
        visit.close()
        visit = Visit(made, f"plate={KEY}&well=A2&field=0", seen)
        token = visit.session.token
        upload = send(made, token, tiff(picture(9)), "x.tif")
        place = {"plate": KEY, "well": "A2"}
        visit.act("correction", type="uploaded", upload=upload.id, **place)
        visit.act("corrections", type="uploaded", uploads=[upload.id])
        rows = [row["id"] for row in visit.content("corrections", "rows")]
        visit.act("corrections", type="change", rows=rows, what="well", value="A2")
        visit.act("corrections", type="change", rows=rows, what="field", value="0")
        visit.act("corrections", type="change", rows=rows, what="channel", value="1")
        visit.act("corrections", type="stage")
        fields = [entry["key"] for entry in visit.content("corrections", "corrections")]
        visit.act("corrections", type="compare", fields=fields)
        visit.act("header", type="back")
        visit.act("corrections", type="commit", fields=fields, reason="again")
        visit.act("corrections", type="leave")
        packed = Visit(made, "plate=packed.ozx", seen)
        upload = send(made, packed.session.token, tiff(picture(9)), "A1_DNA.tif")
        packed.act("corrections", type="uploaded", uploads=[upload.id])
        packed.act("corrections", type="stage")
        fields = [each["key"] for each in packed.content("corrections", "corrections")]
        packed.act("corrections", type="commit", fields=fields, reason="again")
        assert packed.content("pending")["shown"]
        packed.close()
        visit.act("beside", type="kind", kind="random")
        visit.act("verdict", type="sample", seed=1)
        visit.act("verdict", type="undo", plate=KEY, batch="1" * 32)
        visit.close()
        visit = Visit(made, "", seen)
        visit.act("plates", type="trend", metric="mean.0")
        visit.act("plates", type="find", words="c3")
        visit.act("plates", type="metrics")
        wait_for(lambda: visit.rest() or visit.content("plates", "offers"))
        visit.act("plates", type="assay", plate=KEY, metric="mean.0")
        add_a_plate(visit)
        visit.close()
        vera = dataclasses.replace(person(Role.VIEWER), known="proxy")
        visit = Visit(made, f"plate={KEY}&well=A2&field=0", seen, vera)
        visit.look()
        visit.visitor = None
        visit.look()
        visit.rest()
        made.blind.begin(KEY, ADA, [ADA.name, BEN.name])
        visit = Visit(made, f"plate={KEY}", seen)
        made.sessions.end()
        visit.look()
        visit.rest()
        visit.close()
    return seen


def test_the_tour_meets_every_text_of_every_part(
    texts: set[tuple[str, str, str]],
) -> None:
    sent = {(part, text) for part, text, _ in texts}
    # The map's texts have names of their own; the one that all islands have is empty.
    assert sent == KNOWN - {("plate_map", "content")}


def test_the_texts_are_of_the_types_that_the_scripts_are_checked_by(
    texts: set[tuple[str, str, str]], tmp_path: Path
) -> None:
    lines = [f'/// <reference path="{ROOT}/assets/types.d.ts" />']
    lines += [
        f"export const t{i}: Texts[{json.dumps(part)}][{json.dumps(text)}] = {content}"
        for i, (part, text, content) in enumerate(sorted(texts))
    ]
    file = tmp_path / "texts.ts"
    file.write_text("\n".join(lines), encoding="utf-8")
    options = [
        "--ignoreConfig",
        "--allowJs",
        "--strict",
        "--noEmit",
        "--target",
        "es2024",
        "--module",
        "es2022",
    ]
    options += ["--moduleResolution", "bundler", "--types", ""]
    run = subprocess.run(
        [ROOT / "scripts" / "node", sys.prefix, "tsc", *options, file],
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[:6000] + run.stderr[:2000]
