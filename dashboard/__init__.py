"""A dashboard for high-content-screening plates, in the browser."""
