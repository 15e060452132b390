"""The field of a control well that stands beside the open one, at the same place."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dashboard.text import plain_text
from dashboard.views.samples import (
    NO_CONTROLS,
    Sample,
    SampleRequest,
    nearest_controls,
    read_samples,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.plates.values import FieldState
    from dashboard.session import Session
    from dashboard.views.snapshot import Snapshot


class ControlField:
    """Reads the same field of the control that `ViewState.control` names.

    Parameters
    ----------
    session
        Whose page it is.
    picture
        Gives what a pane needs of a field of a well.
    redraw
        Called when the field has been read.
    """

    def __init__(
        self,
        session: Session,
        picture: Callable[[Snapshot, str, FieldState], dict[str, Any]],
        redraw: Callable[[], object],
    ) -> None:
        self._session = session
        self._picture = picture
        self._redraw = redraw
        self._inputs: tuple[object, ...] = ()
        self._sample: Sample | None = None
        self._loading = False

    def following(self, now: Snapshot, well: str = "") -> str:
        """Return the chosen control, or the one after the present one, nearest first.

        "-" where the plate has none: then that is said in its place.
        """
        labels = [label for label, _ in _controls(now)]
        if well in labels:
            return well
        if not labels:
            return "-"
        present = now.state.control
        at = labels.index(present) + 1 if present in labels else 0
        return labels[at % len(labels)]

    def content(self, now: Snapshot) -> dict[str, Any] | None:
        """Return what the viewer shows of a control, None where nobody asked for it."""
        overview, label = now.overview, now.state.control
        if overview is None or not label or now.field is None:
            return None
        controls = [(label, role) for label, role in _controls(now)]
        content = {"well": label, "controls": controls, "field": None, "note": ""}
        if not controls:
            return {**content, "well": "", "note": NO_CONTROLS}
        if overview.well(label) is None:
            return {
                **content,
                "note": f"This plate has no well {plain_text(label, 20)}.",
            }
        self._read(now, label)
        if self._loading:
            return {**content, "note": "Loading…"}
        if self._sample is None:
            return {**content, "note": "No field of this well can be shown."}
        field = self._sample.field
        return {**content, "field": self._picture(now, label, field)}

    def _read(self, now: Snapshot, label: str) -> None:
        overview = now.overview
        inputs = (
            now.state.plate,
            overview.digest if overview else "",
            label,
            now.state.field,
        )
        if inputs == self._inputs:
            return
        self._inputs, self._loading, self._sample = inputs, True, None
        plates, key, like = (
            self._session.service.plates,
            now.state.plate,
            now.state.field,
        )
        self._session.run(
            lambda: read_samples(
                [SampleRequest(well=label)], lambda well: plates.well(key, well), like
            ),
            self._take,
            failed=lambda _: self._take(()),
            of=lambda: self._inputs,
        )

    def _take(self, samples: tuple[Sample, ...]) -> None:
        self._loading = False
        self._sample = samples[0] if samples else None
        self._redraw()


def _controls(now: Snapshot) -> list[tuple[str, str]]:
    overview = now.overview
    return nearest_controls(overview, now.roles, now.state.well) if overview else []
