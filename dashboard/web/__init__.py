"""HTTP: pictures and files out, uploads in."""
