"""方案版本: the very text of the run cards that a response rests on, kept when it is first used."""

from sqlalchemy import insert, select

from linkage.actions import Action
from linkage.plan.run_cards import RunCards
from linkage.record import Writing
from linkage.response_tables import run_card_version

KEEPER = "rule:run_cards"


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
    w.log.add(KEEPER, Action.USE_CARDS, f"首次使用联动方案 {cards.label}，原文存档", after=after)
    return version_id
