"""Files on their way in: received, resumed, kept for their person, swept in time."""
