"""``python -m hcs``: what ``hcs`` is where scripts are not on the path."""

from __future__ import annotations

import sys

from hcs.cli import main

if __name__ == "__main__":
    sys.exit(main())
