"""Measuring plates: here, in a pool of processes, on a cluster."""
