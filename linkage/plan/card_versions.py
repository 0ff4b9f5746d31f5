"""方案版本: the very text of the run cards that a response rests on, kept when it is first used."""

import re
from datetime import datetime

import msgspec
from sqlalchemy import insert, select

from linkage.actions import Happening
from linkage.plan.run_cards import RunCards
from linkage.record import Record, Writing
from linkage.response_tables import run_card_version

KEEPER = "rule:run_cards"
_CARD = re.compile(r"^\[\[card\]\]\s*$(.*?)(?=^\[(?!card\.)|\Z)", re.MULTILINE | re.DOTALL)


class KeptVersion(msgspec.Struct, frozen=True, kw_only=True):
    """`text`: the file as it was read on the day."""

    label: str
    digest: str
    effective_at: datetime
    kept_at: datetime
    text: str

    def card(self, row: int) -> str:
        """The lines of one card as they stand in the text; "" where it has none of the row."""
        for found in _CARD.finditer(self.text):
            if re.search(rf"^row\s*=\s*{row}\s*(#.*)?$", found[1], re.MULTILINE):
                return found[0].strip()
        return ""


def keep_version(w: Writing, cards: RunCards) -> int:
    """The id of the kept text of `cards`; the first response that rests on it keeps it."""
    known = select(run_card_version.c.id).where(run_card_version.c.digest == cards.digest)
    kept = w.cx.execute(known).scalar()
    if kept is not None:
        return int(kept)
    version_id = w.next_id()
    w.cx.execute(
        insert(run_card_version).values(
            id=version_id,
            digest=cards.digest,
            label=cards.label,
            effective_at=cards.effective_at,
            text=cards.text,
            kept_by=KEEPER,
            kept_at=w.at,
        )
    )
    after = {"run_card_version": version_id, "label": cards.label, "digest": cards.digest}
    w.log.add(KEEPER, Happening.USE_CARDS, f"首次使用联动方案 {cards.label}，原文存档", after=after)
    return version_id


def read_version(record: Record, version_id: int) -> KeptVersion | None:
    query = select(run_card_version).where(run_card_version.c.id == version_id)
    with record.read() as cx:
        row = cx.execute(query).mappings().first()
    if row is None:
        return None
    return KeptVersion(**{name: row[name] for name in KeptVersion.__struct_fields__})
