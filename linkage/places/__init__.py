"""Where is that? Names, pinyin and typed coordinates → positions, from the shipped data.

Read `place.py` (what a place is), `place_files.py` (where they come from), `gazetteer.py` (which
one is meant), `typed_position.py` (a position typed as numbers).
"""
