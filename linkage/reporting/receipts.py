"""The authority's receipt for a report: taken once, believed only where it fits what we sent."""

from sqlalchemy import select, update

from linkage.actions import Happening
from linkage.duty_tables import report
from linkage.record import Writing
from linkage.reporting.exchange import ReportReceipt
from linkage.response_vocabulary import ReportStatus
from linkage.vocabulary import Outcome

Settled = tuple[Outcome, str | None]
_OUT = frozenset({ReportStatus.SIGNED, ReportStatus.SENT})
_BECOMES = {"received": ReportStatus.RECEIVED, "returned": ReportStatus.REFUSED}


def apply_receipt(w: Writing, receipt: ReportReceipt, authority: str) -> Settled:
    """`authority`: whose topic it came on. A receipt for what we never sent it is refused."""
    columns = (report.c.id, report.c.incident_id, report.c.authority, report.c.number)
    query = select(*columns, report.c.status, report.c.receipt, report.c.sent_at, report.c.version)
    row = w.cx.execute(query.where(report.c.id == receipt.report_id)).first()
    if row is None:
        return Outcome.REJECTED, f"没有编号为 {receipt.report_id} 的报告，请对方核对 report"
    if row.authority != authority:
        reason = f"报告 {receipt.report_id} 报送的是 {row.authority}，不是 {authority}"
        return Outcome.REJECTED, reason
    status = ReportStatus(row.status)
    if row.number is None or status is ReportStatus.WITHDRAWN:
        return Outcome.REJECTED, f"报告 {receipt.report_id} 尚未签发，不会有回执"
    if row.number != receipt.number:
        return Outcome.REJECTED, f"报告 {receipt.report_id} 的文号是 {row.number}，不是所写的文号"
    becomes = _BECOMES[receipt.status]
    if status is becomes or (status not in _OUT and becomes is ReportStatus.RECEIVED):
        # Taken after it was returned: the messages crossed, the return stands.
        return Outcome.DUPLICATE, "此报告已有回执，以先收到的为准"
    words = "：".join(part for part in (receipt.by, receipt.reason) if part)
    w.log.add(
        f"authority:{authority}",
        Happening.RECEIPT,
        f"{row.number}：{becomes.label}{f'（{words}）' if words else ''}",
        incident_id=row.incident_id,
        before={"report": row.id, "status": status, "version": row.version},
        after={"report": row.id, "status": becomes, "version": row.version + 1},
    )
    w.cx.execute(
        update(report)
        .where(report.c.id == row.id)
        .values(
            status=becomes.value,
            received_at=w.at,
            receipt=words or becomes.label,
            # Its receipt proves that it went, though the broker's word was lost.
            sent_at=row.sent_at or w.at,
            changed_at=w.at,
            version=row.version + 1,
        )
    )
    return Outcome.STORED, None
