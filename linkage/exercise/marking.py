"""【演练】 in words: for whoever does not look at a flag. Pure."""

# First in every text of an exercise that leaves us. domain §11 no. 14.
MARK = "【演练】"


def mark(*, exercise: bool) -> str:
    """What stands before the words of an exercise; nothing before what is real."""
    return MARK if exercise else ""


def marked(text: str, *, exercise: bool) -> str:
    """The text as it may leave us: an exercise says so first, and says it once."""
    return f"{MARK}{text}" if exercise and not text.startswith(MARK) else text
