"""From microscope exports to plates, and from image files to fields."""
