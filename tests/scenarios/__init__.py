"""A day at the desk, told as a timeline."""
