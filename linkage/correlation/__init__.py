"""② which incident an alert belongs to: pure rules with a score card, and the index they ask."""
