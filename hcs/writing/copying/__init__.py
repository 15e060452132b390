"""Whole plates from one place to another: convert, pack, unpack."""
