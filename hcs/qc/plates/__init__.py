"""From the numbers of fields to wells, statistics and suspects; pure."""
