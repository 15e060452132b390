"""How Sphinx makes the site: `make docs`, and tests/integration/test_site.py.

Nothing is loaded from a network, neither here nor by the pages.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

from jupyter_client.manager import KernelManager

_HERE = Path(__file__).parent
sys.path[:0] = [str(_HERE.parent), str(_HERE / "extensions")]

from public_names import public  # noqa: E402  # found by the line above

import hcs  # noqa: E402
from dashboard import errors  # noqa: E402

project = "hcs-dashboard"
author = "the hcs-dashboard developers"
project_copyright = author
version = release = hcs.__version__

extensions = [
    "sphinx.ext.autodoc",
    "numpydoc",
    "myst_nb",
    "public_names",
    "metric_tables",
    "returned_values",
    "root_pages",
]
exclude_patterns = ["extensions"]
nitpicky = True
# Classes that a public signature names and nobody makes or takes apart, and aliases of
# types that are called as some class is.
_UNDOCUMENTED = """
Companions Counts Expectation FieldKey Hold ImageGroup Kind Place PlaneGrid PlaneReader
PlaneRecord Progress Reader Target Traits WellNames
dashboard.showing.link._Server
hcs.images.opened.OpenedImage hcs.ingest.formats.planes.PlaneArray
"""
nitpick_ignore = [("py:class", name) for name in _UNDOCUMENTED.split()]

# Pages link to each other's headings as they do where the repository is read.
myst_heading_anchors = 4
myst_enable_extensions = ["colon_fence"]

# The tutorials run when the site is made. A cell that fails fails the site.
nb_execution_mode = "force"
nb_execution_raise_on_error = True
nb_execution_in_temp = True
nb_execution_timeout = 120
# Nobody else on the machine can listen; a kernel warns where it is not so.
KernelManager.transport_encryption.default_value = "required"
logging.getLogger("traitlets").setLevel(logging.WARNING)

# "--option" is no dash.
smartquotes = False
default_role = "public-code"
autodoc_preserve_defaults = True
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
python_maximum_signature_line_length = 60
# Members are listed with their class, on one page: most of them are a line each.
numpydoc_show_class_members = False
# What is raised becomes a link; what is returned is told in sentences.
numpydoc_xref_param_type = True
numpydoc_xref_ignore = "all"
numpydoc_xref_aliases = {
    name: f"{package}.{name}"
    for package, names in {**public(), "dashboard.errors": vars(errors)}.items()
    for name in names
    if name.endswith("Error")
}

html_theme = "furo"
html_title = f"hcs-dashboard {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_show_copyright = False
