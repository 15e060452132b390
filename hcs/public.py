"""The public names of a package, each imported from its module when it is first used.

So `import hcs` and `from hcs.qc import Clip` load what they name, and nothing else.
"""

from __future__ import annotations

import sys
from contextlib import nullcontext
from importlib import import_module
from typing import TYPE_CHECKING, Any, TypeAlias

from hcs.extras import extra

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

Names: TypeAlias = "tuple[list[str], Callable[[str], Any], Callable[[], list[str]]]"


def public_names(
    package: str,
    modules: Mapping[str, str],
    hints: str | None = None,
    needs: str | None = None,
) -> Names:
    """Return what a package needs as ``__all__``, ``__getattr__`` and ``__dir__``.

    Parameters
    ----------
    package
        Its full name.
    modules
        Name of a module below the package, to the names that come from it, separated
        by spaces.
    hints
        A module whose ``hint(name)`` adds to what is said of a name that is not there.
    needs
        The extra without which none of the modules can be imported.
    """
    module_of = {
        name: f"{package}.{module}"
        for module, names in modules.items()
        for name in names.split()
    }
    listed = sorted(module_of)

    def get(name: str) -> Any:
        if name not in module_of:
            more = import_module(hints).hint(name) if hints is not None else ""
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(f"{message}.{more}" if more else message)
        with nullcontext() if needs is None else extra(needs, f"{package}.{name}"):
            value = getattr(import_module(module_of[name]), name)
        setattr(sys.modules[package], name, value)
        return value

    return listed, get, lambda: listed
