"""Exports that wait, are imported, failed: the jobs, their worker, and the inboxes."""
