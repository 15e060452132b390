"""`hcs-dashboard ...`: a file a subcommand; parsing and printing only."""
