"""Faults on purpose: a stage of real parts, a nemesis with a seed, systems that keep a ledger, and
one checker. `python -m tests.faults --help` runs it for as long as you like."""
