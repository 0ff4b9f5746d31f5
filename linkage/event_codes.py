"""GB/T 35561-2017: the codes of 突发事件 and their names. Looked up, never judged by range."""

from pathlib import Path

from linkage.toml_file import read_toml

_FILE = Path(__file__).parents[1] / "data" / "event_codes.toml"
_TABLE = read_toml(_FILE)

EVENT_CODES: dict[str, str] = _TABLE["code"]
# Two numberings of the same events are in use: theirs → the one we keep.
ALIASES: dict[str, str] = _TABLE["alias"]


def known_code(text: str) -> str | None:
    """The code as we keep it, or None: it is not in the table."""
    code = ALIASES.get(text, text)
    return code if code in EVENT_CODES else None


def siblings(text: str) -> list[str]:
    """The codes of the same second level, to show what would be right."""
    return [c for c in EVENT_CODES if len(text) == 5 and c.startswith(text[:3])]
