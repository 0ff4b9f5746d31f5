"""The demonstration: nineteen systems and their departments, played through the real broker."""
