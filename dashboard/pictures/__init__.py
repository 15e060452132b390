"""Arrays become pictures, once."""
