"""Plates, wells and fields: navigation, identity and history."""
