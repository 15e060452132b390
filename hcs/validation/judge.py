"""The rules of images, applied once to documents that are equal.

The fields of a plate share nearly all that their documents say, so most answers are
known already. What is kept is relative to the image; places are added for each.
"""

from __future__ import annotations

import marshal
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from hcs.errors import HCSError, UnsafeDataError
from hcs.ngff.envelope import EXTENSION
from hcs.rules.image import image_problems
from hcs.rules.level import Level, Scheme, array_problems, level_problems, scheme_of
from hcs.rules.problem import OURS, Problem, location_in
from hcs.stores.array import ArraySpec

if TYPE_CHECKING:
    from collections.abc import Sequence

_LIMIT = 512
"""Most answers of a kind that are kept; a sound plate has a handful."""


class ImageAnswer(NamedTuple):
    """What the rules say about the document of an image."""

    problems: tuple[Problem, ...]
    scheme: Scheme | None


class ArrayAnswer(NamedTuple):
    """What the rules say about the document of an array."""

    problems: tuple[Problem, ...]
    level: Level | None
    readable: bool
    """Whether this library decodes such an array."""


class Judge:
    """Asks the pure rules, and remembers their answers.

    Parameters
    ----------
    version
        NGFF version of the hierarchy.
    """

    def __init__(self, version: str) -> None:
        self.version = version
        self._images: dict[bytes, ImageAnswer] = {}
        self._arrays: dict[bytes, ArrayAnswer] = {}
        self._levels: dict[tuple[Scheme, tuple[Level, ...]], tuple[Problem, ...]] = {}

    def image(self, attributes: Any) -> ImageAnswer:
        """Return the answer for the attributes of an image."""
        # Our own key holds the version's id, which no two images share.
        foreign_attributes = attributes
        if isinstance(attributes, dict) and EXTENSION in attributes:
            foreign_attributes = {
                key: attributes[key] for key in attributes if key != EXTENSION
            }
        key = marshal.dumps(foreign_attributes, 2)
        answer = self._images.get(key)
        if answer is None:
            problems = tuple(image_problems(foreign_attributes, self.version))
            answer = ImageAnswer(problems, scheme_of(foreign_attributes, self.version))
            _remember(self._images, key, answer)
        return answer

    def array(self, document: dict[str, Any]) -> ArrayAnswer:
        """Return the answer for the document of an array; its level has no path."""
        key = marshal.dumps(document, 2)
        answer = self._arrays.get(key)
        if answer is None:
            level, problems = array_problems(document, self.version, "")
            problem = None if level is None else _refusal(document)
            if problem is not None:
                problems.append(problem)
            readable = level is not None and problem is None
            answer = ArrayAnswer(tuple(problems), level, readable)
            _remember(self._arrays, key, answer)
        return answer

    def levels(self, scheme: Scheme, levels: Sequence[Level]) -> tuple[Problem, ...]:
        """Return how the levels of an image contradict its document."""
        key = (scheme, tuple(levels))
        problems = self._levels.get(key)
        if problems is None:
            problems = tuple(level_problems(scheme, levels, self.version))
            _remember(self._levels, key, problems)
        return problems


def rebased(problems: Sequence[Problem], where: str) -> list[Problem]:
    """Return problems of a document with the place of its group before theirs."""
    return [
        replace(problem, location=location_in(where, problem.location))
        for problem in problems
    ]


def _refusal(document: dict[str, Any]) -> Problem | None:
    """Return why this library does not decode an array, None where it does."""
    try:
        ArraySpec.from_document(document, "The array")
    except UnsafeDataError as error:
        return Problem("array-refused", "warning", "", str(error), OURS)
    except HCSError as error:
        return Problem("array-document", "error", "", str(error), "Zarr metadata")
    return None


def _remember(answers: dict[Any, Any], key: Any, answer: object) -> None:
    if len(answers) >= _LIMIT:
        answers.clear()
    answers[key] = answer
