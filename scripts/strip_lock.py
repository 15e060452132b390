"""Leaves names, versions, hashes and platforms in npm's lock, and no address.

strip_lock.py package-lock.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

_ADDRESSES = ("funding", "resolved")


def main(path: Path) -> None:
    """Write the lock again without what names a host."""
    lock = json.loads(path.read_text(encoding="utf-8"))
    for package in lock["packages"].values():
        for name in _ADDRESSES:
            package.pop(name, None)
    path.write_text(json.dumps(lock, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
