"""What leaves the dashboard: report, tables, decision and project files."""
