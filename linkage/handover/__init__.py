"""交接班: one sheet from the record, two signatures."""
