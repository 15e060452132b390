"""The workspace's database: opened, brought up to date, saved, and what ails it."""
