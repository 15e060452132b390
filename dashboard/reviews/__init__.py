"""What people have decided about plates: rows that are added and never changed."""
