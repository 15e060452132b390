"""Which files are for which fields and channels of a plate that is there."""
