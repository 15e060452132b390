"""Metrics of one plane and of one field; pure."""
