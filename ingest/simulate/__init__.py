"""The demonstration: nineteen systems and their departments, played through the real broker."""

from ingest.simulate.commands import main

__all__ = ["main"]
