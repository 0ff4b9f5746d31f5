"""值班: the people, the roster, who is on which post."""
