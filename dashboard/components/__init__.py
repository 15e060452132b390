"""Parts of the page for notebooks and for other apps of Panel.

They bring their scripts and pictures in their own messages: what shows them, a notebook
on another machine or ``panel serve``, needs no address of ours.

Raises
------
MissingExtraError
    On import, where Panel is not installed: it comes with ``hcs-dashboard[page]``.
"""

from __future__ import annotations

from hcs.extras import extra

with extra("page", "dashboard.components"):
    from dashboard.components.field_view import FieldView
    from dashboard.components.plate_map import PlateMap

__all__ = ["FieldView", "PlateMap"]
