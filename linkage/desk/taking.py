"""Take over an incident whose claim is left alone. Whole claims are in incidents.py."""

from datetime import datetime

from linkage.actions import Action
from linkage.desk.amend import as_seen, change, open_incident
from linkage.desk.claims import ClaimRule, stale
from linkage.desk.claims_read import claim_of
from linkage.errors import NotAllowed
from linkage.people import Actor, permit
from linkage.record import Record


def take_stale(
    record: Record,
    actor: Actor,
    incident_id: int,
    version: int,
    rule: ClaimRule,
    *,
    at: datetime | None = None,
) -> int:
    """Whether it is left alone is judged here and now, not by what the screen showed."""
    permit(actor, Action.TAKE_STALE)
    with record.write(at) as w:
        row = open_incident(w, incident_id)
        as_seen(w, row, version)
        if row["claimed_by"] == str(actor):
            return int(row["version"])
        claim = claim_of(w.cx, incident_id, rule, w.at)
        if claim is None:
            raise NotAllowed(f"事件 {row['number']} 尚无人接手，请直接接手。")
        left = stale(rule, claim, w.at)
        if left is None:
            raise NotAllowed(
                f"事件 {row['number']} 由{claim.by}处置中，刚有操作；请与其联系，或请值班长接替。"
            )
        said = f"自{claim.by}接替：{left.held.label}，{left.why}"
        mine = {"claimed_by": str(actor), "claimed_at": w.at}
        return change(w, row, str(actor), Action.TAKE_STALE, said, **mine)
