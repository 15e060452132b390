"""Where the bytes of a plate are, and reading them within limits."""
