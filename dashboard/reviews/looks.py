"""What one person has had before the eyes, and of which pictures."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dashboard.reviews.acts import BASES

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from dashboard.reviews.acts import Basis

_WEIGHT: dict[str, int] = {name: len(BASES) - at for at, name in enumerate(BASES)}
"""A field that was opened says more than thumbnails, and these more than a montage."""


class Looks:
    """Wells whose pictures were on one visitor's screen, on any plate.

    A look is at the pictures of its moment: where the well's digest is another one
    since, nobody has looked at what is there.

    Thread safety: none; a page has one thread.
    """

    def __init__(self) -> None:
        self._looks: dict[tuple[str, str], tuple[str, Basis]] = {}
        self._labels: dict[tuple[str, ...], frozenset[str]] = {}
        """What `labels` has returned since something was looked at last."""

        self._watchers: list[Callable[[], object]] = []

    def watch(self, callback: Callable[[], object]) -> None:
        """Call `callback` when something was looked at that was not before."""
        self._watchers.append(callback)

    def note(self, key: str, digests: Mapping[str, str], basis: Basis) -> bool:
        """Remember looks, where no better ones are known; return whether it is news.

        Parameters
        ----------
        key
            Of the plate.
        digests
            Of the pictures that were on the screen, by label of the well.
        basis
            How they were seen.
        """
        news = {
            (key, label): (digest, basis)
            for label, digest in digests.items()
            if _WEIGHT[self.basis(key, label, digest)] < _WEIGHT[basis]
        }
        self._looks.update(news)
        if news:
            self._labels.clear()
        for callback in self._watchers if news else ():
            callback()
        return bool(news)

    def basis(self, key: str, label: str, digest: str) -> Basis:
        """Return how the pictures with a digest were seen."""
        known, basis = self._looks.get((key, label), ("", "unseen"))
        return basis if known == digest else "unseen"

    def labels(self, key: str, *bases: str) -> frozenset[str]:
        """Return the wells of a plate that were looked at, in some ways or in any."""
        asked = (key, *bases)
        known = self._labels.get(asked)
        if known is None:
            known = self._labels[asked] = frozenset(
                label
                for (plate, label), (_, basis) in self._looks.items()
                if plate == key and (not bases or basis in bases)
            )
        return known

    def current(self, key: str, digest_of: Callable[[str], str]) -> Collection[str]:
        """Return the wells of a plate whose present pictures were looked at.

        Parameters
        ----------
        key
            Of the plate.
        digest_of
            Gives the digest of a well by its label; may take time.
        """
        return frozenset(
            label
            for label in self.labels(key)
            if self.basis(key, label, digest_of(label)) != "unseen"
        )
