"""The commands of ``hcs``: one module a noun, parsing and printing only.

Each adds its parsers by `add_to` and names a function that runs it. The library is
imported inside that function, so that a command loads nothing that it does not use.
"""
