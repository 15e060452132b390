"""What a plate is measured by: metrics, clip levels and the nuclear channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hcs.errors import HCSError, NotFoundError
from hcs.metadata import distinct_names
from hcs.ngff.envelope import extension
from hcs.qc.clip import Clip
from hcs.qc.fields.nuclei import propose_channel
from hcs.qc.registry import chosen, is_registered
from hcs.qc.results import MeasureSettings

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from hcs.images.image import Multiscales
    from hcs.metadata import Channel
    from hcs.plates.plate import HCSPlate
    from hcs.qc.definitions import Definition


def plate_settings(
    plate: HCSPlate,
    *,
    metrics: Iterable[str | Definition] | None = None,
    clips: Mapping[str, float] | None = None,
    nuclear: str | None = None,
) -> MeasureSettings:
    """Return the settings for a plate, with the source of each.

    Parameters
    ----------
    plate
        An open plate.
    metrics
        Ids of metrics, and definitions of your own; all that are installed where not
        given.
    clips
        Clip levels that a person set, by channel name; for the others the plate's own
        key is asked, as the import wrote it.
    nuclear
        Name of the nuclear channel; proposed from the channels' names where not given.

    Raises
    ------
    NotFoundError
        If no channel has a name that was given.
    """
    names = _channel_names(plate)
    for name in (*(clips or {}), *([] if nuclear is None else [nuclear])):
        if names and name not in names:
            raise NotFoundError(
                f"The plate has no channel {name!r}; it has {', '.join(names)}."
            )
    known = {
        name: Clip(level, "from the import")
        for name, level in imported_clips(plate).items()
    }
    known |= {
        name: Clip(float(level), "set by a person")
        for name, level in (clips or {}).items()
    }
    if nuclear is None:
        proposed = propose_channel(names)
        nuclear = None if proposed is None else names[proposed]
    return MeasureSettings(
        metrics=tuple(
            entry.id if is_registered(entry) else entry for entry in chosen(metrics)
        ),
        clips=known,
        nuclear=nuclear,
    )


def imported_clips(plate: HCSPlate) -> dict[str, float]:
    """Return the clip levels that the plate's own key holds.

    Parameters
    ----------
    plate
        An open plate.
    """
    return {
        name: float(entry["clip"])
        for name, entry in _channel_entries(plate)
        if isinstance(entry.get("clip"), int | float)
    }


def imported_exposures(plate: HCSPlate) -> dict[str, str]:
    """Return the exposure of each channel, as the plate's own key holds it.

    Parameters
    ----------
    plate
        An open plate.
    """
    return {
        name: str(entry["exposure"])
        for name, entry in _channel_entries(plate)
        if isinstance(entry.get("exposure"), str)
    }


def _channel_entries(plate: HCSPlate) -> list[tuple[str, dict[str, Any]]]:
    """Return what the plate's own key holds of each channel, with its name."""
    channels = extension(plate.attributes).get("channels")
    listed = channels if isinstance(channels, list) else []
    entries = [entry for entry in listed if isinstance(entry, dict)]
    names = distinct_names(str(entry.get("name")) for entry in entries)
    return list(zip(names, entries, strict=True))


def _channel_names(plate: HCSPlate) -> list[str]:
    """Return the names of the first readable field's channels."""
    for field in plate.fields(errors=[]):
        try:
            return names_of(field.image())
        except HCSError:
            continue
    return []


def names_of(image: Multiscales) -> list[str]:
    """Return a name for each channel, none twice: its own, or its position."""
    dims, shape = image.images[0].dims, image.images[0].shape
    number = shape[list(dims).index("c")] if "c" in dims else 1
    named: Sequence[Channel] = image.channels
    return list(
        distinct_names(
            (named[index].name if index < len(named) else None) or str(index)
            for index in range(number)
        )
    )
