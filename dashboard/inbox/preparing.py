"""An imported plate is made ready to be reviewed: found, looked over, measured."""

from __future__ import annotations

import dataclasses
import os
import threading
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, UnmeasuredError
from dashboard.inbox.condition import PlateCondition
from dashboard.plates.survey import look_at
from dashboard.progress import Progress

if TYPE_CHECKING:
    from collections.abc import Callable

    from dashboard.pictures.job import PreviewJobs
    from dashboard.plates.registry import Plates
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.judgement import Judgement
    from dashboard.quality.measuring import Measuring


class Preparing:
    """Makes plates ready that were just written.

    Parameters
    ----------
    plates, previews, measuring
        What is served, and what is made of it.
    look_over
        Looks at the wells of a plate that nobody has looked at.
    stopping
        Whether the server is about to end.
    note
        Called with what stands out on a measured plate, for the list of plates.
    """

    def __init__(
        self,
        plates: Plates,
        previews: PreviewJobs,
        measuring: Measuring,
        look_over: Callable[[ServedPlate], None],
        stopping: Callable[[], bool],
        note: Callable[[ServedPlate, Judgement], None],
    ) -> None:
        self._note = note
        self._plates, self._previews, self._measuring = plates, previews, measuring
        self._look_over, self._stopping = look_over, stopping

    def plate_at(self, location: str) -> ServedPlate:
        """Return the plate that is served from a path.

        Raises
        ------
        DashboardError
            If none is: no served folder shows it.
        """
        path = os.path.realpath(location)
        self._plates.rescan()
        for plate in self._plates.all():
            if plate.location == path:
                return plate
        raise DashboardError(
            f"The plate was written to {location}, and no served folder shows it; "
            f"serve the folder that it lies in."
        )

    def begin(self, location: str) -> Callable[[], Progress]:
        """Begin to make a plate ready; return what says how far that is."""
        plate = self.plate_at(location)
        if plate.reread():
            plate.bump()
        self._look_over(plate)
        # Those that were looked at while they were being written.
        if look_at(plate, plate.changed_wells(), self._stopping):
            plate.bump()
        begun = threading.Event()

        def measure() -> None:
            self._measuring.start(plate)
            begun.set()

        self._previews.start(plate, measure)
        return lambda: self._progress(plate) if begun.is_set() else _BEGINNING

    def condition(self, location: str) -> PlateCondition:
        """Return what measuring a plate came to."""
        plate = self.plate_at(location)
        judged = self._measuring.judgement(plate)
        self._note(plate, judged)
        wells = [well for well in plate.overview().wells if well.state == "present"]
        return PlateCondition(
            banner=judged.banner,
            wells=len(wells),
            suspects=len(judged.suspects),
            fields=self._measuring.progress(plate).total,
            unmeasured=len(self._measuring.failures(plate)),
        )

    def _progress(self, plate: ServedPlate) -> Progress:
        try:
            self._measuring.check_measured(plate)
        except UnmeasuredError as error:
            return dataclasses.replace(
                self._measuring.progress(plate),
                running=error.again is not None,
                message=str(error),
            )
        return Progress()


_BEGINNING = Progress(running=True)
