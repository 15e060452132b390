"""Regular expressions that a person wrote, which may take for ever on a name.

Python's `re` goes through all ways to match; ``(a+)+b`` has twice as many with each
letter more. So an expression is tried in a process of its own, which can be stopped,
before it is used in ours.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import hcs
from hcs.errors import SourceError
from hcs.lifeline import Child

if TYPE_CHECKING:
    from collections.abc import Sequence

_SECONDS = 10.0
_FOLDER: Final = Path(hcs.__file__).parents[1]
"""Where the child finds this package."""

_NAMES_A_SECOND: Final = 10_000
"""Of which a usual expression takes a hundred times as many."""

_TRIAL: Final = """
import json, os, re, sys
sys.path.append(sys.argv[1])
from hcs.lifeline import end_with_parent
end_with_parent()
text, names = json.load(sys.stdin)
expression = re.compile(text)
for name in names:
    expression.search(name)
    os.write(1, b".")
"""


def compile_expression(text: str) -> re.Pattern[str]:
    """Return a regular expression.

    Raises
    ------
    SourceError
        If it is none.
    """
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise SourceError(
            f"The pattern {text!r} is no regular expression: {error}. For a simple "
            f"pattern write parts in braces, such as {{well}}_s{{field}}.tif."
        ) from error


def check_time(text: str, names: Sequence[str]) -> None:
    """Refuse an expression that cannot be searched in names within seconds.

    Raises
    ------
    SourceError
        If it takes longer; the message has the name at which it was.
    """
    if not sys.executable:
        return
    limit = _SECONDS + len(names) / _NAMES_A_SECOND
    # Our own program; the expression is data for it, and no option.
    trial = Child(
        [sys.executable, "-I", "-S", "-c", _TRIAL, str(_FOLDER)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    try:
        trial.communicate(json.dumps([text, list(names)]).encode(), timeout=limit)
    except subprocess.TimeoutExpired as error:
        trial.kill()
        output, _ = trial.communicate()
        name = names[min(len(output), len(names) - 1)]
        raise SourceError(
            f"The pattern {text!r} was given up after {limit:.0f} seconds, at the name "
            f"{name!r}: it can match in too many ways. Repeat nothing that is repeated "
            f"itself, as in (a+)+, or write parts in braces, such as "
            f"{{well}}_s{{field}}.tif."
        ) from error
