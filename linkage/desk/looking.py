"""查看个人信息: who called, and the bytes as they came, are covered until somebody asks; each look
is one entry in the log (个人信息保护法 §28, §51)."""

from datetime import datetime

from linkage.actions import Action
from linkage.desk.amend import find_incident
from linkage.people import Actor, permit
from linkage.record import Record


def look(
    record: Record,
    actor: Actor,
    what: str,
    *,
    incident_id: int | None = None,
    at: datetime | None = None,
) -> None:
    """Note that `actor` looked at `what`. Nothing of the incident changes, its version stays."""
    permit(actor, Action.UNMASK)
    with record.write(at) as w:
        told = {}
        if incident_id is not None:
            told = {"version": find_incident(w, incident_id)["version"]}
        before, after = ({**told, "covered": covered} for covered in (True, False))
        w.log.add(
            str(actor), Action.UNMASK, what, incident_id=incident_id, before=before, after=after
        )
