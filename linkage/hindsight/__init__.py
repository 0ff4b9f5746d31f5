"""回看: what the desks were shown, written down as they are told it, and found again."""
