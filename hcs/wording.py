"""Short texts for messages: values of documents, lists of names, numbers of things."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator


def excerpt(value: object) -> str:
    """Return the start of a value's text, which may be of any length."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def some(
    names: Collection[object], limit: int = 6, spell: Callable[[object], str] = repr
) -> str:
    """Return the first of many names, and how many more there are.

    >>> some(["A1", "A2", "A3"], 2), some([1, 2], spell=str)
    ("'A1', 'A2' and 1 more", '1, 2')
    """
    shown = ", ".join(spell(name) for name, _ in zip(names, range(limit), strict=False))
    more = len(names) - limit
    return f"{shown} and {more} more" if more > 0 else shown


def counted(number: int, word: str) -> str:
    """Return a number and what it counts, in the plural where it is not one.

    >>> counted(1, "well"), counted(0, "well")
    ('1 well', '0 wells')
    >>> counted(1536, "well")
    '1,536 wells'
    """
    return f"{number:,} {word}{'' if number == 1 else 's'}"


def by_reason(reasons: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a text for each reason, with the names that it holds for.

    >>> list(by_reason([("a", "is odd"), ("b", "is odd"), ("c", "is empty")]))
    ['a and 1 more: is odd', 'c: is empty']
    """
    names_of: defaultdict[str, list[str]] = defaultdict(list)
    for name, reason in reasons:
        names_of[reason].append(name)
    for reason, names in names_of.items():
        more = f" and {len(names) - 1:,} more" if len(names) > 1 else ""
        yield f"{names[0]}{more}: {reason}"
