"""时限: what is owed by when and whose it is; who is told when it is late; audited apart."""
