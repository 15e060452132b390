"""A small served plate that people judge, for the tests of reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.corrections.values import SourceFile
from dashboard.reviews.acts import Subject
from dashboard.reviews.values import Decision
from hcs.metadata import Who
from tests.integration.serving import send, tiff
from tests.integration.test_corrections import picture

if TYPE_CHECKING:
    from dashboard.reviews.values import PlateReview
    from dashboard.service import Service

KEY = "p.ome.zarr"
ADA, BEN, CAT = Who("Ada", "typed"), Who("Ben", "typed"), Who("Cat", "typed")
A1, A2, B2 = Subject("A/1"), Subject("A/2"), Subject("B/2")
FIELD = Subject("A/1", "0")


def judge(
    made: Service, subject: Subject, verdict: str, who: Who = ADA, **more: str
) -> str:
    """Judge one well as somebody who has seen its thumbnails; return the batch."""
    basis = more.pop("basis", "thumbnails")
    decision = Decision(subject, basis)
    return made.decisions.judge(KEY, [decision], verdict, who, **more).batch


def verdicts(review: PlateReview) -> dict[Subject, str]:
    return {subject: held.act.verdict for subject, held in review.verdicts.items()}


def correct(made: Service, label: str, field: str, value: int) -> str:
    """Replace one channel of a field; return the version that was there before."""
    token = made.sessions.open()
    before = made.plates.well(KEY, label).field(field).version
    upload = send(made, token, tiff(picture(value)), "x.tif")
    staged = made.corrections.stage(
        token, KEY, label, field, [SourceFile(upload=upload.id, channel=1)]
    )
    made.corrections.commit(staged.id, ADA, "imaged again")
    return str(before)
