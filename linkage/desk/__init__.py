"""③ what officers see of the record and do with it."""
