"""信息报送 on the wire: the authority's receipts in; the keeper that opens, stamps and resends."""

import logging
import threading
from collections.abc import Callable
from datetime import UTC, datetime

from ingest.contract import absent, contract_form, moment, short_text
from ingest.fields import whole_number
from ingest.json_form import shown
from ingest.registry import Registry
from linkage.alerts import Unreadable
from linkage.record import UNAVAILABLE, Record
from linkage.reporting.days import open_days
from linkage.reporting.exchange import ReportReceipt
from linkage.reporting.keeping import ReportKeeper
from linkage.reporting.limits import FILE, load_report_limits
from linkage.reporting.prefill import Names
from linkage.settings import Settings

# "Within seconds": the first of the three limits is half an hour.
LOOK_EVERY_S = 2.0
MAX_REASON = 1_000
_STATUSES = ("received", "returned")

log = logging.getLogger(__name__)


def read_receipt(payload: bytes, authority: str) -> ReportReceipt:
    """`authority` is whose topic it came on. Raises Unreadable, Classified."""
    form = contract_form(payload, authority, ("authority",))
    report_id = whole_number(form, "report")
    if report_id is None:
        raise Unreadable("report：缺少，应为报告报文中的 id", "report")
    number = short_text(form, "number", 40)
    if not number:
        raise Unreadable("number：缺少，应为报告报文中的文号 number", "number")
    status = form.get("status")
    if status not in _STATUSES:
        held = "缺少" if absent(status) else f"{shown(status)} 不认识"
        raise Unreadable(f"status：{held}，应为 {'、'.join(_STATUSES)} 之一", "status")
    reason = short_text(form, "reason", MAX_REASON)
    if status == "returned" and not reason:
        raise Unreadable("reason：退回要写明理由，如缺少哪个要素", "reason")
    return ReportReceipt(
        report_id=report_id,
        number=number,
        status="returned" if status == "returned" else "received",
        reason=reason,
        by=short_text(form, "by", 80),
        at=moment(form, "at"),
    )


def start(
    settings: Settings, record: Record, registry: Registry, stopping: threading.Event
) -> threading.Thread:
    """Raises BadConfig."""
    names = Names(
        {one.id: one.name for one in registry.sources.values()},
        {one.id: one.name for one in registry.agencies.values()},
    )
    limits = load_report_limits(settings.tables / FILE)
    keeper = ReportKeeper(record, limits, names)

    def look() -> list[int]:
        now = datetime.now(UTC)
        return [*keeper.look(now), *open_days(record, limits, now)]

    thread = threading.Thread(target=_run, args=(look, stopping), name="reporting", daemon=True)
    thread.start()
    return thread


def _run(look: Callable[[], list[int]], stopping: threading.Event) -> None:
    away = False
    while not stopping.wait(LOOK_EVERY_S):
        try:
            opened = look()
        except UNAVAILABLE as why:
            if not away:  # once an outage
                log.warning("数据库暂不可用，信息报送等待：%s", why.orig)
            away = True
            continue
        away = False
        if opened:
            log.info("按规定起草报告 %d 份，等待值班员核改送签", len(opened))
