"""Versions of a field: stage, commit, settle, revert, purge, recover."""
