"""Image files: TIFF of every kind and PNG, looked into before they are decoded."""
