"""Exports of microscopes: what their files are, by names and descriptions."""
