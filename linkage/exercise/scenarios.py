"""Which stories of data/demo an exercise can play: every file there with a title and steps."""

import tomllib
from pathlib import Path

import msgspec


class Story(msgspec.Struct, frozen=True):
    """`id`: the file's name without its ending. `minutes`: from its beginning to its last step."""

    id: str
    title: str
    steps: int
    minutes: int


def stories(demo: Path) -> list[Story]:
    """By name. A file that is no story, or cannot be read, is passed over: the player of the
    demonstration says what is wrong with it."""
    found = (_story(path) for path in sorted(demo.glob("*.toml")))
    return [story for story in found if story is not None]


def _story(path: Path) -> Story | None:
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
        steps = [str(step["at"]) for step in raw["step"]]
        begins = _minutes(str(raw["begin_at"]))
        after = max(0, *(_minutes(at) - begins for at in steps))
        return Story(path.stem, str(raw["title"]), len(steps), after)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)
