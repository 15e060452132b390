"""How light lies over the fields of a plate: the mean of all, and one beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from dashboard.quality.metrics_cache import fingerprints
from hcs.qc import MeanField, mean_field

if TYPE_CHECKING:
    import threading

    from dashboard.off_loop import OffLoop
    from dashboard.plates.served import ServedPlate
    from dashboard.quality.metrics import FieldKey, MetricStore
    from dashboard.quality.metrics_cache import Memory
    from dashboard.quality.planes import PlaneStore
    from dashboard.quality.plate_metrics import Knowledge


@dataclass(frozen=True, slots=True)
class LightView:
    """What is shown of a channel's light."""

    ready: bool
    """Whether `mean` has been read; it is announced by the plate's revision."""

    mean: MeanField | None = None
    """Of the plate's live fields as far as they are measured; None without any."""

    field: MeanField | None = None
    """A field's own light, of all its z and t; None where there is none."""

    others: MeanField | None = None
    """The mean without that field, to divide it by: its own cells are not light."""


class PlateLight:
    """Answers how light lies, from what is kept of the measured planes.

    Parameters
    ----------
    store
        Says under which ids a plate's values are kept.
    planes
        Where what is known of each plane is kept.
    memory
        Says which versions are live.
    reader
        Reads off the event loop.
    lock
        Guards what is known of plates.
    """

    def __init__(
        self,
        store: MetricStore,
        planes: PlaneStore,
        memory: Memory,
        reader: OffLoop,
        lock: threading.RLock,
    ) -> None:
        self._store = store
        self._planes = planes
        self._memory = memory
        self._reader = reader
        self._lock = lock

    def view(
        self, plate: ServedPlate, channel: int, field: FieldKey | None = None
    ) -> LightView:
        """Return a channel's light, and that of a field.

        On an event loop it may be not ready: it is being read.
        """
        known = self._memory.get(plate)
        if not known.loaded:
            return LightView(ready=False)
        with self._lock:
            changes, live = known.changes, set(known.latest.values())
            cached = known.light.get(channel)
        ids = self._store.ids(known.id, fingerprints(plate))
        if cached is None or cached[0] != changes:
            done = self._reader.run(
                ("light", plate.key, known.id, channel),
                lambda: self._read(known, ids, channel, live, changes),
                plate.bump,
            )
            with self._lock:
                cached = known.light.get(channel)
            if not done and cached is None:
                return LightView(ready=False)
        mean = None if cached is None else cached[1]
        if mean is None or field not in live:
            return LightView(True, mean)
        planes = self._planes.lights(ids, channel, {field})
        own = mean_field(light for _, light in planes)
        return LightView(True, mean, own, None if own is None else mean.without(own))

    def _read(
        self,
        known: Knowledge,
        ids: set[str],
        channel: int,
        live: set[FieldKey],
        changes: int,
    ) -> None:
        planes = self._planes.lights(ids, channel, live)
        mean = mean_field(light for _, light in planes)
        with self._lock:
            known.light[channel] = changes, mean
