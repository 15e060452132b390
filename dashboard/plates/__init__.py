"""The plates that are served: found, opened, looked over, watched."""
