"""Writing plates: staged, committed by one document, settled, kept."""
