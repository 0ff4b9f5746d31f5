"""What one adapter says of one sending: each has `send(notice) -> Sent | Failed`."""

from typing import Protocol

import msgspec

from linkage.means.sending import Outgoing


class Sent(msgspec.Struct, frozen=True):
    """`detail`: in words, with the id that the gateway gave, if it gave one."""

    detail: str


class Failed(msgspec.Struct, frozen=True):
    """`retry`: another try may do better; else a person has to mend something first."""

    reason: str
    retry: bool = True


class Adapter(Protocol):
    def send(self, notice: Outgoing) -> Sent | Failed: ...


class NotSetUp(msgspec.Struct, frozen=True):
    """Stands for a means that nobody has configured: it fails at once, so the next takes over."""

    what: str

    def send(self, _: Outgoing) -> Sent | Failed:
        return Failed(f"{self.what}未配置（LINKAGE_GATEWAYS）", retry=False)
