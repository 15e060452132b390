"""From measured planes to the wells somebody should look at."""
