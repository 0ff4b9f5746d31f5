"""The hand-over sheet to take along: printed, and as the JSON that both signed."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from linkage.beijing import BEIJING, date_second
from linkage.handover.sheet import short
from linkage.handover.signing import Handover
from linkage.reporting.document import Block, Heading, Line, Pairs
from linkage.reporting.pdf import document_pdf


def handover_pdf(one: Handover) -> bytes:
    at = one.change_at.astimezone(BEIJING)
    return document_pdf(f"{at:%Y年%m月%d日 %H:%M} 值班交接单", list(_blocks(one)))


def handover_json(one: Handover) -> bytes:
    """The very text of the sheet with its SHA-256, and who signed it when."""
    signed = {
        "sheet": one.sheet.text,
        "sha256": one.digest,
        "given_by": one.given_by,
        "given_at": one.given_at,
        "taken_by": one.taken_by,
        "taken_at": one.taken_at,
        "changes": one.changes,
    }
    return msgspec.json.format(msgspec.json.encode(signed), indent=2)


def _blocks(one: Handover) -> Iterator[Block]:
    yield Pairs(
        [
            ("交班", "、".join(one.sheet.off) or "无"),
            ("接班", "、".join(one.sheet.on) or "无"),
            ("交接单时刻", date_second(one.sheet.drawn_at)),
            ("校验码", short(one.digest)),
        ]
    )
    for number, section in enumerate(one.sheet.sections, start=1):
        yield Heading(f"{number}、{section.title}")
        if not section.items:
            yield Line(section.none)
        for item in section.items:
            yield Line(f"{'★ ' if item.urgent else ''}{item.text}")
    if one.changes:
        yield Heading("两次签字之间的变化")
        for each in one.changes:
            yield Line(f"{each.what}　{each.section}：{each.text}")
    yield Heading("签字")
    yield Pairs(
        [
            ("交班人", _signed(one.given_by, one.given_at)),
            ("接班人", _signed(one.taken_by, one.taken_at)),
        ]
    )


def _signed(by: str | None, at: datetime | None) -> str:
    return f"{by}　{date_second(at)}" if by and at else "（未签）"
