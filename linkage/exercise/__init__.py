"""演练: an exercise beside the real work, flagged everywhere, closed by one act, scored."""
