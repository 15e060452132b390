"""What the plates of a folder agree on."""
