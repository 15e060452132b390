"""The rules of the specification, pure: a JSON document in, its problems out.

One module a document: `plate`, `well`, `image` (with `axes`, `transformation` and
`omero`), `label`; then `level` for the arrays of an image, `archive` for ``.ozx`` files
and `extension` for our own keys. Nothing here opens a store; `hcs.validation` walks one
and asks these.

Every function takes attributes as they were found, of any JSON type at any depth, and
never raises because of them: it returns all that it found, in one pass.
"""
