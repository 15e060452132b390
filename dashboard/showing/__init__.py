"""The page for notebooks and scripts: a link to it, and the server behind it."""
