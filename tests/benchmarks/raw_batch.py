"""Corrections by a raw page, as by the table of corrections."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tests.benchmarks.raw_page import PageError, RawPage

if TYPE_CHECKING:
    from collections.abc import Mapping


async def upload_files(page: RawPage, plate: str, files: Mapping[str, bytes]) -> int:
    """Upload image files of a page that is open; return how many fields they are for.

    Parameters
    ----------
    files
        By name, which says what each is for.
    """
    uploads = []
    for name, data in files.items():
        location = await page.upload(
            len(data),
            lambda at, size, data=data: data[at : at + size],  # type: ignore[misc]
            filename=name,
            purpose="correction",
            plate=plate,
        )
        uploads.append(location.rpartition("/")[2])
    matched = page.expect("corrections__content", lambda table: table.get("fields"))
    page.say("corrections", "uploaded", uploads=uploads)
    return int(await page.wait(matched, "the files to be matched"))


async def stage(page: RawPage, fields: int) -> list[str]:
    """Prepare a correction of each field, confirm what it asks; return their keys."""
    prepared = page.expect(
        "corrections__corrections",
        lambda rows: rows if len(rows) == fields else None,
    )
    page.say("corrections", "stage")
    rows: list[dict[str, Any]] = await page.wait(prepared, "the corrections")
    keys = [row["key"] for row in rows]
    for kind in {item["kind"] for row in rows for item in row["differences"]}:
        page.say("corrections", "confirm", fields=keys, kind=kind, confirmed=True)
    return keys


async def commit(page: RawPage, fields: list[str]) -> None:
    """Make what was prepared part of the plate."""
    done = page.expect("corrections__content", lambda table: table.get("batch"))
    page.say("corrections", "commit", fields=fields, reason="imaged again")
    batch = await page.wait(done, "the commit")
    if batch["committed"] != len(fields):
        raise PageError(f"of {len(fields)} corrections some failed: {batch}")
