"""Where the board lies: the newest under a fixed name, those of the last day beside it.

    LINKAGE_DATA/board/board.html, board.pdf         the newest
    LINKAGE_DATA/board/earlier/20261123-064000.html  by the time it was drawn, in Beijing

Of several processes that would draw it into one folder one does: it holds the folder's lock, and
the others find the newest fresh. A process that dies lets the lock go.
"""

import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from linkage.beijing import BEIJING, beijing
from linkage.paper.whole_file import write_whole

NEWEST = "board"
# How often it is drawn anew, and from when on it is out of date.
EVERY = timedelta(minutes=5)
KEPT_FOR = timedelta(hours=24)
# What drawing it ends with. Another: somebody else draws it, or has just drawn it.
DONE, ANOTHER = 0, 3
# Whatever a storm makes of them: the disk belongs to the record.
MOST_BYTES = 300 * 2**20
_FORM = "%Y%m%d-%H%M%S"
_OURS = re.compile(r"(\d{8}-\d{6})\.(html|pdf)")
_DRAFT = re.compile(r"\.(board|\d{8}-\d{6})\.(html|pdf)\.[0-9a-f]{8}")
_DRAFT_DEAD = timedelta(minutes=10)


def drawn_ago(folder: Path, now: datetime) -> timedelta | None:
    """How old the newest is; None: there is none, or it is of a time to come."""
    try:
        # The PDF is written last: it stands for both.
        at = datetime.fromtimestamp((folder / f"{NEWEST}.pdf").stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    return now - at if at <= now else None


@contextmanager
def held(folder: Path) -> Iterator[bool]:
    """Whether the folder is ours to write while this lasts. Raises OSError."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


def keep(folder: Path, page: bytes, drawn_at: datetime, ending: str) -> Path:
    """Both names of one file. Raises OSError."""
    write_whole(folder / "earlier" / f"{beijing(drawn_at):{_FORM}}.{ending}", page)
    newest = folder / f"{NEWEST}.{ending}"
    write_whole(newest, page)
    return newest


def prune(folder: Path, now: datetime) -> int:
    """Remove what is a day old, and what a process that died left half written; the oldest too
    where all of it takes too much. Nothing but files of ours. Returns how many."""
    earlier = folder / "earlier"
    gone = [*_dead_drafts(folder, now), *_dead_drafts(earlier, now)]
    dated = sorted(
        (file for file in _listed(earlier) if _OURS.fullmatch(file.name)),
        key=lambda file: file.name,
        reverse=True,
    )
    taken = 0
    for file in dated:
        taken += file.stat().st_size
        if now - _drawn_at(file) > KEPT_FOR or taken > MOST_BYTES:
            gone.append(file)
    for file in gone:
        file.unlink(missing_ok=True)
    return len(gone)


def _listed(folder: Path) -> list[Path]:
    return list(folder.iterdir()) if folder.is_dir() else []


def _drawn_at(file: Path) -> datetime:
    try:
        return datetime.strptime(file.stem, _FORM).replace(tzinfo=BEIJING)
    except ValueError:  # digits that are no time: of nobody's making, and old
        return datetime.min.replace(tzinfo=UTC)


def _dead_drafts(folder: Path, now: datetime) -> list[Path]:
    return [
        file
        for file in _listed(folder)
        if _DRAFT.fullmatch(file.name)
        and now.timestamp() - file.stat().st_mtime > _DRAFT_DEAD.total_seconds()
    ]
