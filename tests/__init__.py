"""The suite. `python -m pytest` from the root of the repository runs all of it."""
