"""Patterns that file names of no known microscope suggest, to be looked at first."""
