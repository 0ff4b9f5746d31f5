"""A file on disk, whole or not at all."""

import os
import secrets
from pathlib import Path


def write_whole(file: Path, content: bytes) -> None:
    """The file with all of `content`, on the disk itself, or as it was. Raises OSError."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Not named by the process: two containers that share the folder may both be number 1.
    draft = file.with_name(f".{file.name}.{secrets.token_hex(4)}")
    try:
        with draft.open("wb") as out:
            out.write(content)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)
