"""点名: every week each party is called, and who does not answer is sought."""
