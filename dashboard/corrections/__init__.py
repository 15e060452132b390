"""From an upload to a commit, and back."""
