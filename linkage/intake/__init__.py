"""① what arrives is kept, correlated, placed in an incident and counted, in one transaction."""
