"""Adding plates from the page: a source is chosen, tried out, and imported."""
