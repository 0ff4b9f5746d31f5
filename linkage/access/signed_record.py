"""The record in the hands of who is signed in: each write looks first whether they still may sit.

A page keeps what it was drawn with; a role taken away a moment ago, a session ended on another
screen and an unattended desk are found here, in the transaction of the write itself.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from linkage.access.sitting import Gone, Sitting, sitting_by_id
from linkage.access.stay_rules import StayRules
from linkage.errors import NotNow, NotPermitted
from linkage.record import Record, Writing


class SignedRecord(Record):
    """Shares the connections of `record`; closing it is the other's business."""

    def __init__(self, record: Record, sitting: Sitting, rules: StayRules) -> None:
        self.engine = record.engine
        self.sitting, self._rules = sitting, rules

    @contextmanager
    def write(self, at: datetime | None = None) -> Iterator[Writing]:
        """As Record.write. Raises NotPermitted when the stay no longer stands as it was."""
        with super().write(at) as w:
            now = at or datetime.now(UTC)
            found = sitting_by_id(w.cx, self.sitting.id, self._rules, now, cast=self.sitting.cast)
            if isinstance(found, Gone):
                raise NotPermitted(f"{found.why}刚才的操作没有执行，请重新登录。")
            if found.actor != self.sitting.actor:
                raise NotPermitted(
                    f"您的身份已变更为{found.actor}，刚才的操作没有执行，请按新的身份重试。"
                )
            if found.locked:
                raise NotNow("席位已锁定：刚才的操作没有执行，请在右上角输入口令解锁后重试。")
            if found.unready:
                raise NotNow("请先在“我的账户”启用动态码，再进行操作。")
            yield w
