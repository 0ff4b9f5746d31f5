"""The operator's own base map under ours: what it is (`layers.py`), tiles out of a file
(`archives.py`) and from a server of the intranet (`remote.py`).
"""
