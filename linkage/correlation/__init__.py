"""② 关联研判: which incident an alert belongs to, with a score card, and the index they ask."""
