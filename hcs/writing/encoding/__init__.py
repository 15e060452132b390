"""From arrays to the bytes of one image group."""
