"""What travels between us and the authority: our report, its receipt. docs/reporting.md. Pure."""

from datetime import datetime
from typing import Literal

import msgspec

from linkage.alerts import Casualties, Point
from linkage.response_vocabulary import ReportStage

REPORT_TOPIC = "linkage/v1/report/{}"
RECEIPT_TOPIC = "linkage/v1/report-receipt/{}"


class Said(msgspec.Struct, frozen=True):
    """One element: its code, its Chinese name, its text."""

    element: str
    label: str
    text: str


class Change(msgspec.Struct, frozen=True):
    """What differs from the report before; `before` null: it had not been said."""

    element: str
    label: str
    before: str | None
    after: str


class ReportMessage(msgspec.Struct, frozen=True, kw_only=True):
    """`id` stays the same when it is sent again, so a receiver may take it twice unharmed.

    `position`: CGCS2000, which is WGS-84 here. `attachments`: none go by this road; the signed
    paper is exported by hand.
    """

    id: int
    number: str
    report_type: ReportStage
    report_type_label: str
    seq: int
    authority: str
    issuer: str
    region_code: str
    event_id: str | None
    event_code: str | None
    level: str | None
    response_level: int | None
    occurred_at: datetime | None
    received_at: datetime | None
    position: Point | None
    title: str
    summary: str
    casualties: Casualties | None
    measures: tuple[str, ...]
    elements: tuple[Said, ...]
    changes: tuple[Change, ...]
    follows: str | None
    basis: str
    signed_by: str
    signed_at: datetime
    telephoned_at: datetime | None
    due_at: datetime | None
    late_reason: str | None
    attachments: tuple[str, ...]
    exercise: bool


class ReportReceipt(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """The authority's word on one report. `reason`: what is missing, where it was returned."""

    report_id: int
    number: str
    status: Literal["received", "returned"]
    reason: str = ""
    by: str = ""
    at: datetime | None = None
