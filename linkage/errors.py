"""The errors a person meets, one idea each.

Unreadable          a payload, in linkage/alerts.py (Classified is one of them)
BadConfig           a file of ours: names file, entry, what is wrong, what would be right
NotAllowed          a move that the table of moves does not have
NotPermitted        a person or agency who may not (NotNow is one: not from this desk as it is)
Raced               another person was faster: says who and what
"""


class BadConfig(ValueError):  # noqa: N818
    def __init__(self, file: str, entry: str, wrong: str, remedy: str) -> None:
        super().__init__(f"{file}: {entry}: {wrong}；{remedy}")
        self.file, self.entry, self.wrong, self.remedy = file, entry, wrong, remedy


class NotAllowed(ValueError):  # noqa: N818
    """A move the table of moves does not have. The message is for the officer's screen."""


class NotPermitted(PermissionError):  # noqa: N818
    """Who may not do what. The message is for the officer's screen.

    `action`: what was tried, where it is known. `noted`: the log has it (access/refused.py).
    """

    def __init__(self, said: str, *, action: str = "") -> None:
        super().__init__(said)
        self.action, self.noted = action, False


class NotNow(NotPermitted):
    """Theirs to do, but this desk is locked or not ready: nobody reached too far."""

    def __init__(self, said: str) -> None:
        super().__init__(said)
        self.noted = True


class Raced(RuntimeError):  # noqa: N818
    """Somebody was faster. The message names who, what and when."""
