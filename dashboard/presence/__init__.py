"""Who else is looking at a plate."""
