"""What Harmony and Columbus write beside images: names, index, layout, profiles."""
