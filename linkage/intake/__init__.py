"""① 接报: what arrives is kept, correlated, placed and counted, in one transaction."""
