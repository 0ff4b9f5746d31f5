"""③ 值守: what officers see of the record and do with it."""
