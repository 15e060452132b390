"""Walk a store and report everything that is wrong with it.

`validate` is the way in. The rules themselves are pure and lie in `hcs.rules`; here
is what reads the documents for them, in a few rounds whatever the number of wells.
"""

from hcs.validation.store import validate

__all__ = ["validate"]
