"""Images of a field: levels, geometry, lazy pixels."""
