"""What the page says of measuring."""

from __future__ import annotations

import pytest

from dashboard.progress import Progress
from dashboard.views.measuring import status


@pytest.mark.parametrize(
    ("progress", "said"),
    [
        (
            Progress(done=12, total=384, running=True),
            "12 of 384 fields",
        ),
        (
            Progress(done=12, total=1384, running=True, seconds_left=75),
            "12 of 1,384 fields, about 2 min left",
        ),
        (Progress(done=0, total=9, held=True), "Not measured yet."),
        (Progress(done=3, total=9, held=True), "Stopped: 3 of 9 fields measured."),
        (Progress(waiting=True), "Waiting until other plates are measured."),
        (Progress(done=9, total=9, failed=2), "7 of 9 fields measured."),
        (Progress(message="<b>no disk</b>"), "Measuring stopped: <b>no disk</b>"),
    ],
)
def test_the_state_of_the_job_is_one_sentence(progress, said):
    assert status(progress) == said
