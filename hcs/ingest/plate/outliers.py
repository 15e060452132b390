"""Images that differ from the others of their plate, and whether they are few.

All planes of a plate have one size and type. An image of another one is left out, and
is a gap, where it and its like are few: at most one in ten of the files, of the fields
or of the wells, or a single one of three or more; or whole channels, such as a binned
one, where they are fewer than half. Where they are not few, nobody can know which of
them are the plate, and the import is refused.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from hcs.errors import SourceError
from hcs.gaps import MOST
from hcs.ingest.plate.grid import ONLY, contradiction
from hcs.ingest.plate.traits import are_close
from hcs.wording import counted, some

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Mapping

    from hcs.ingest.formats.image_file import ImageFile
    from hcs.ingest.names import NamePart, NameParts

_FEWEST = 3
"""Files, fields or wells of which a single one may be the odd one out."""


def find_outliers(
    file_parts: Mapping[str, NameParts],
    images: Mapping[str, ImageFile],
    channel_name: Callable[[NamePart], str],
) -> Outliers:
    """Return which images are used, and which are left out because they differ.

    Images differ by planes that their names contradict, by size and type, by how many
    planes a file holds, and by the distance of pixels and planes. Byte order,
    compression and metadata are no differences.

    Parameters
    ----------
    channel_name
        What people call a channel.

    Raises
    ------
    SourceError
        If images differ in size or type, and those that do are not few.
    """
    outliers = Outliers(file_parts, images, channel_name)
    outliers.compare_names()
    outliers.compare_kinds()
    outliers.compare_planes()
    outliers.compare_scales()
    return outliers


class Outliers:
    """The images that are alike so far, and those that are left out."""

    def __init__(
        self,
        file_parts: Mapping[str, NameParts],
        images: Mapping[str, ImageFile],
        channel_name: Callable[[NamePart], str],
    ) -> None:
        self._parts, self._channel_name = file_parts, channel_name
        self.images = dict(images)
        """Those that are used."""

        self.left_out: dict[str, str] = {}
        """Those that are not, with the reason of each."""

        self.notes: list[str] = []
        """What was left out and how few that is, in sentences."""

    def compare_names(self) -> None:
        """Leave out files that hold more planes than their names say, if few."""
        texts = {
            name: contradiction(self._parts[name], image)
            for name, image in self.images.items()
        }
        self._leave_out_few(texts, _NAMED)

    def compare_kinds(self) -> None:
        """Leave out images of another size or type; refuse them if not few."""
        kinds = {name: _kind(image) for name, image in self.images.items()}
        self._compare_channels(kinds)
        kinds = {name: kinds[name] for name in self.images}
        if not self._leave_out_few(kinds, _KIND):
            raise _not_alike(kinds)

    def _compare_channels(self, kinds: Mapping[str, _Kind]) -> None:
        """Leave out channels most of whose images are of another size or type."""
        channels, usual = self._by_channel(), _most_common(kinds.values())
        odd = {
            channel: images
            for channel, names in channels.items()
            if 2 * len(images := {n: kinds[n] for n in names if kinds[n] != usual})
            > len(names)
        }
        if 2 * len(odd) < len(channels):
            for channel, images in odd.items():
                total, of = len(channels[channel]), self._of(channel)
                self._leave_out(images, total, of, usual, _KIND)

    def compare_planes(self) -> None:
        """Leave out files with other planes than those of their channel, if few.

        A stack that ends early is none of them: its planes stand where they would.
        """
        for channel, names in self._by_channel().items():
            counts = {name: _plane_counts(self.images[name]) for name in names}
            self._leave_out_few(counts, _PLANES, self._of(channel))

    def compare_scales(self) -> None:
        """Leave out files whose pixels or planes are other micrometres apart, if few.

        Files that say nothing of it are as the others.
        """
        sizes = {
            n: size for n, image in self.images.items() if (size := image.pixel_size)
        }
        self._leave_out_few(sizes, _PIXELS)
        steps = {
            n: (step,) for n, image in self.images.items() if (step := image.z_step)
        }
        self._leave_out_few(steps, _STEPS)

    def _by_channel(self) -> dict[NamePart, list[str]]:
        return _by_value({n: self._parts[n].channel or ONLY for n in self.images})

    def _of(self, channel: NamePart) -> str:
        return "" if channel is ONLY else f" of channel {self._channel_name(channel)}"

    def _leave_out_few(
        self, values: Mapping[str, Any], trait: _Trait, of: str = ""
    ) -> bool:
        """Leave out what differs, if that is few; return whether the rest is alike."""
        usual = _most_common(values.values())
        odd = {n: value for n, value in values.items() if trait.differs(value, usual)}
        if odd and not self._are_few(odd, values):
            return False
        self._leave_out(odd, len(values), of, usual, trait)
        return True

    def _are_few(self, odd: Collection[str], names: Collection[str]) -> bool:
        """Return whether odd files, their whole fields or whole wells are few."""
        parts = self._parts
        units: tuple[Callable[[str], object], ...] = (
            lambda name: name,
            lambda name: (parts[name].well, parts[name].field),
            lambda name: parts[name].well,
        )
        for unit in units:
            sizes = Counter(map(unit, names))
            odd_units = set(map(unit, odd))
            whole = sum(sizes[key] for key in odd_units) == len(odd)
            alike = len(sizes) - len(odd_units)
            if whole and (
                alike >= MOST * len(sizes)
                or (len(odd_units) == 1 and len(sizes) >= _FEWEST)
            ):
                return True
        return False

    def _leave_out(
        self, odd: Mapping[str, Any], total: int, of: str, usual: Any, trait: _Trait
    ) -> None:
        """Take files out, with the reason of each and one sentence on all alike."""
        singular, plural = trait.verbs
        for value, names in _by_value(odd).items():
            text = trait.words(value, usual)
            others = f"where the others {plural} {trait.words(usual, value)}"
            share = f"{len(names):,} of {total:,} files{of}"
            verb = singular if len(names) == 1 else plural
            self.notes.append(f"{share} {verb} {text} {others}: left out.")
            for name in names:
                self.left_out[name] = f"{singular} {text}, as {share}, {others}"
                del self.images[name]


@dataclass(frozen=True, slots=True)
class _Trait:
    """Something in which images may differ."""

    verbs: tuple[str, str]
    """Of one image and of many: ``("is", "are")``."""

    words: Callable[[Any, Any], str]
    """A value in words, as far as it differs from another one."""

    differs: Callable[[Any, Any], bool] = lambda value, usual: value != usual
    """Whether a value is another one than the usual."""


_Kind = tuple[tuple[int, int], str]
"""Width and height, and the type of the pixels."""


def _kind(image: ImageFile) -> _Kind:
    height, width = image.shape[-2:]
    return (width, height), str(image.dtype)


def _kind_words(kind: _Kind, other: _Kind | None = None) -> str:
    (size, dtype), (other_size, other_dtype) = kind, other or (None, None)
    texts = [f"{size[0]} x {size[1]}"] if size != other_size else []
    return " ".join([*texts, dtype] if dtype != other_dtype else texts)


def _not_alike(kinds: Mapping[str, _Kind]) -> SourceError:
    counts = [
        f"{len(names):,} of {len(kinds):,} are {_kind_words(kind)}, such as {names[0]}"
        for kind, names in sorted(_by_value(kinds).items(), key=lambda k: -len(k[1]))
    ]
    return SourceError(
        f"The images differ: {some(counts, 4, str)}. All of a plate must have one size "
        f"and type; others are left out only where they are few. Import each kind by "
        f"itself, from a folder of its own or by a pattern that leaves out the others."
    )


_PLANE_WORDS: Final = {"c": "channel", "z": "z plane", "t": "time point"}


def _plane_counts(image: ImageFile) -> tuple[int, ...]:
    return tuple(image.sizes[axis] for axis in _PLANE_WORDS)


def _planes_words(counts: tuple[int, ...], other: tuple[int, ...]) -> str:
    return " and ".join(
        counted(count, word)
        for count, other_count, word in zip(
            counts, other, _PLANE_WORDS.values(), strict=True
        )
        if count != other_count
    )


def _are_others(counts: tuple[int, ...], usual: tuple[int, ...]) -> bool:
    """Return whether planes are others than those of a stack or of its beginning."""
    if counts == usual:
        return False
    # A single plane may be a projection, and then it stands nowhere in the stack.
    single = math.prod(counts[1:]) == 1
    longer = any(a > b for a, b in zip(counts, usual, strict=True))
    return single or longer or counts[0] != usual[0]


def _pixels_words(size: tuple[float, float], _: object) -> str:
    y, x = size
    return f"pixels of {x:g} µm" if x == y else f"pixels of {x:g} x {y:g} µm"


def _steps_words(step: tuple[float], _: object) -> str:
    return f"planes {step[0]:g} µm apart"


def _are_apart(distances: tuple[float, ...], usual: tuple[float, ...]) -> bool:
    return not are_close(distances, usual)


_NAMED: Final = _Trait(("holds", "hold"), lambda text, _: text or "what they are named")
_KIND: Final = _Trait(("is", "are"), _kind_words)
_PLANES: Final = _Trait(("holds", "hold"), _planes_words, _are_others)
_PIXELS: Final = _Trait(("has", "have"), _pixels_words, _are_apart)
_STEPS: Final = _Trait(("has", "have"), _steps_words, _are_apart)


def _by_value(values: Mapping[str, Any]) -> dict[Any, list[str]]:
    names: defaultdict[Any, list[str]] = defaultdict(list)
    for name, value in values.items():
        names[value].append(name)
    return dict(names)


def _most_common(values: Iterable[Hashable]) -> Any:
    """Return the value that most have; None where there are none."""
    return next((value for value, _ in Counter(values).most_common(1)), None)
