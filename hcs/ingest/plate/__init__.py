"""From an export to a plate: what to expect, what is missing, writing it."""
