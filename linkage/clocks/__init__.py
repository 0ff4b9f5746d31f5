"""Clocks (时限): what is owed by when, whose it is, who is told; kept by rules, audited apart."""
