"""Places that a plate is written to, and the documents there."""
