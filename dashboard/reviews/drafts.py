"""From what people decide to rows: with versions, metric values and basis."""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING

from dashboard.errors import DashboardError, NotServedError
from dashboard.reviews.ledger_state import labels_of, versions_now

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from dashboard.plates.served import ServedPlate
    from dashboard.quality.measuring import Measuring
    from dashboard.quality.values import MetricValue
    from dashboard.reviews.acts import ReviewAct, Subject
    from dashboard.reviews.values import Decision


class Drafts:
    """Makes acts of decisions.

    Parameters
    ----------
    measuring
        What is measured of the plates.
    """

    def __init__(self, measuring: Measuring) -> None:
        self._measuring = measuring

    def acts(
        self, plate: ServedPlate, decisions: Sequence[Decision], template: ReviewAct
    ) -> list[ReviewAct]:
        """Return one act for each decision, with what is there at this moment.

        Raises
        ------
        NotServedError
            If the plate has no such well.
        DashboardError
            If a well has changed since its pictures were drawn.
        """
        labels = labels_of(plate)
        judged = {labels.get(decision.subject.well, "") for decision in decisions}
        metrics = self._measuring.values_of(plate, judged)
        acts = []
        for decision in dict.fromkeys(decisions):
            subject = decision.subject
            if subject.well and subject.well not in labels:
                raise NotServedError(f"The plate has no well {subject.well[:60]!r}.")
            label = labels.get(subject.well, "")
            if decision.digest and plate.well(label).digest != decision.digest:
                raise DashboardError(
                    f"{label} has changed since its pictures were drawn; look at the "
                    f"new ones first. Nothing was decided."
                )
            acts.append(
                dataclasses.replace(
                    template,
                    subject=subject,
                    basis=decision.basis,
                    versions=versions_now(plate, subject, label),
                    metrics=self._values(plate, subject, label, metrics),
                )
            )
        return acts

    def _values(
        self,
        plate: ServedPlate,
        subject: Subject,
        label: str,
        metrics: Mapping[str, Mapping[str, MetricValue]],
    ) -> dict[str, float | None]:
        """Return the metric values that were judged: a field's own, or the well's."""
        if not subject.field:
            return {
                id: wells[label].value
                for id, wells in metrics.items()
                if label in wells
            }
        return next(
            (
                field_values.values
                for field_values in self._measuring.field_values(plate, label)
                if (field_values.field, field_values.acquisition)
                == (subject.field, subject.acquisition)
            ),
            {},
        )
