"""Measuring: image quality of fields, statistics of plates."""
