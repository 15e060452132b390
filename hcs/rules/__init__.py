"""The rules of the specification, pure: a JSON document in, its problems out.

One module a document: `plate`, `well`, `image` (with `axes`, `transformation` and
`omero`), `label`; then `level` for the arrays of an image and `archive` for ``.ozx``
files. Nothing here opens a store; `hcs.validation` walks one and asks these.

Every function takes attributes as they were found, of any JSON type at any depth, and
never raises because of them: it returns all that it found, in one pass.
"""

from hcs.rules.image import image_problems
from hcs.rules.label import label_problems, labels_problems
from hcs.rules.plate import plate_problems
from hcs.rules.problem import Problem
from hcs.rules.well import PlateContext, well_problems

__all__ = [
    "PlateContext",
    "Problem",
    "image_problems",
    "label_problems",
    "labels_problems",
    "plate_problems",
    "well_problems",
]
