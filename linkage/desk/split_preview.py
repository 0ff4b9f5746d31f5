"""What a split would make of an incident: both as they would stand, before anybody confirms it.

Told by what does the split itself (linkage/desk/refold.py), so that the preview cannot promise
anything else. Read side only.
"""

from collections.abc import Collection

import msgspec
from sqlalchemy import select

from linkage.desk.facts import Incident, as_incident, rows_of
from linkage.desk.moving import alerts_of, with_siblings
from linkage.desk.refold import Reading, fold, told
from linkage.record import Record
from linkage.tables import incident


class SplitPreview(msgspec.Struct, frozen=True, kw_only=True):
    """`leaves` has no number yet. `moved`: what goes, with the updates of the same records."""

    stays: Incident
    leaves: Incident
    moved: tuple[int, ...]


def split_preview(
    record: Record, incident_id: int, alert_ids: Collection[int]
) -> SplitPreview | None:
    """None where nothing would go, or nothing would stay."""
    with record.read() as cx:
        asking = Reading(cx)
        rows = rows_of(cx, select(incident).where(incident.c.id == incident_id))
        there = alerts_of(asking, incident_id)
        moved = with_siblings(asking, incident_id, alert_ids)
        if not rows or not moved or len(moved) == len(there):
            return None
        left = [one for one in there if one not in set(moved)]
        new = fold(asking, incident_id, "", moved)
        assert new is not None  # noqa: S101 - moved is not empty
        opened = new.propose()
        opened.revision, opened.changed_at = 0, rows[0]["changed_at"]
        return SplitPreview(
            stays=as_incident({**rows[0], **told(asking, incident_id, left)}),
            leaves=as_incident({**dict.fromkeys(rows[0]), **opened.columns()}),
            moved=tuple(moved),
        )
