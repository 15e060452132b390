"""What the chooser of the metric offers."""

from __future__ import annotations

from dashboard.quality.values import MetricInfo
from dashboard.views.metric_choices import QUESTIONS, metric_choices
from hcs.qc import DEFINITIONS


def test_every_question_has_a_heading_and_what_is_technical_is_last() -> None:
    declared = {entry.question for entry in DEFINITIONS} | {"review", "imported"}
    assert declared <= set(QUESTIONS)
    metrics = (
        MetricInfo(id="scaling.1", title="Full scale, B", name="Full scale",
                   channel=1, question="technical"),
        MetricInfo(id="suspicion", title="Suspicion", question="review"),
        MetricInfo(id="mean.1", title="Mean, B", name="Mean", channel=1,
                   question="bright"),
    )  # fmt: skip
    column = {"id": "condition:dose", "group": QUESTIONS["assay"]}
    listed = metric_choices(metrics, [column])
    assert [entry["id"] for entry in listed] == [
        "suspicion", "mean.1", "condition:dose", "scaling.1",
    ]  # fmt: skip
    assert (listed[1]["name"], listed[1]["channel"]) == ("Mean", 1)
    assert (listed[0]["name"], listed[0]["channel"]) == ("Suspicion", None)
