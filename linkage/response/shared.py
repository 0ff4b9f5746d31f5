"""部门所见: what of the record a department's officer may see, column by column. Pure.

A joint response shares what one has to know to work beside the others: where, what, how grave, who
takes part and how far each is. Orders, reasons, contacts and callers of others are shared with
nobody. What is not in this table is not read: linkage/response/own_desk.py selects by it.
"""

from collections.abc import Iterable, Mapping
from enum import Enum
from typing import Any

from linkage.alerts import Casualties
from linkage.personal import masked


class Sight(Enum):
    WHOLE = "whole"
    MASKED = "masked"  # numbers and stated names of persons made unreadable
    NEVER = "never"


WHOLE, MASKED, NEVER = Sight


def _each(sight: Sight, names: str) -> dict[str, Sight]:
    return dict.fromkeys(names.split(), sight)


# Table, and whose row it is → column → what of it is seen. A column that is not decided on here
# fails tests/test_own_desk.py.
SHARED: Mapping[str, Mapping[str, Sight]] = {
    # The incident, of whoever has an open task in it or is asked for help in it.
    "incident": {
        **_each(WHOLE, "id number kind status lon lat position_note severity fire_alarm_level"),
        **_each(WHOLE, "grade response_level hazmat occurred_at exercise"),
        **dict.fromkeys(Casualties.__struct_fields__, WHOLE),
        **_each(MASKED, "headline place"),
        # How the centre works on it: who took it up, what it believes, who reported it.
        **_each(NEVER, "event_code area_code severity_rank grade_proposed grade_reason"),
        **_each(NEVER, "alert_count source_ids opened_at last_alert_at changed_at verified_at"),
        **_each(NEVER, "dispatched_at acknowledged_at en_route_at on_scene_at controlled_at"),
        **_each(NEVER, "resolved_at closed_at disposition claimed_by claimed_at merged_into"),
        **_each(NEVER, "told_late version revision"),
    },
    # Its own order was written to it: whole.
    "assignment, own": {
        **_each(WHOLE, "id incident_id agency_id role task reason revision status exercise"),
        **_each(WHOLE, "issued_by issued_at acknowledge_due_at en_route_due_at on_scene_due_at"),
        **_each(WHOLE, "report_due_at told_at delivered_at undelivered_at acknowledged_at"),
        **_each(WHOLE, "en_route_at on_scene_at working_at reported_at completed_at declined_at"),
        **_each(WHOLE, "cancelled_at cancel_read_at chased_at changed_at last_feedback"),
        **_each(WHOLE, "last_feedback_by casualties needs"),
        **_each(NEVER, "live_revision"),
    },
    # Who takes part and how far each is. Not what they were told, not why one refused.
    "assignment, another's": {
        **_each(WHOLE, "incident_id agency_id role status"),
        **_each(NEVER, "id task reason revision exercise issued_by issued_at acknowledge_due_at"),
        **_each(NEVER, "en_route_due_at on_scene_due_at report_due_at told_at delivered_at"),
        **_each(NEVER, "undelivered_at acknowledged_at en_route_at on_scene_at working_at"),
        **_each(NEVER, "reported_at completed_at declined_at cancelled_at cancel_read_at"),
        **_each(NEVER, "chased_at changed_at last_feedback last_feedback_by casualties needs"),
        **_each(NEVER, "live_revision"),
    },
    # 突发事件应对法 §72 has these four published.
    "joint_response": {
        **_each(WHOLE, "level command expected_until started_at"),
        **_each(MASKED, "subject measures"),
        **_each(NEVER, "id incident_id status card_row card_version_id proposal started_by"),
        **_each(NEVER, "changed_at ended_by ended_at end_reason exercise version"),
    },
    "need, own": {
        **_each(WHOLE, "id incident_id agency_id sort what amount measure status note asked_by"),
        **_each(WHOLE, "asked_at exercise version"),
        **_each(NEVER, "assignment_id changed_at closed_at"),
    },
    # One that it may answer.
    "need, another's": {
        **_each(WHOLE, "id incident_id agency_id sort amount measure status asked_at exercise"),
        **_each(MASKED, "what note"),
        **_each(NEVER, "assignment_id asked_by changed_at closed_at version"),
    },
    "need_offer, own": {
        **_each(WHOLE, "id need_id agency_id amount unit_id status note offered_by offered_at"),
        **_each(WHOLE, "on_the_way_at arrived_at released_at"),
        **_each(NEVER, "said_at changed_at"),
    },
    # Of a need of its own: who brings how much. How much is short follows from it.
    "need_offer, another's": {
        **_each(WHOLE, "need_id agency_id amount status"),
        **_each(NEVER, "id unit_id note offered_by offered_at on_the_way_at arrived_at"),
        **_each(NEVER, "released_at said_at changed_at"),
    },
    # Units of its own and of the call centre that is its desk; of others none.
    "unit, own": {
        **_each(WHOLE, "agency_id unit_id label state lon lat reported_at"),
        **_each(NEVER, "assignment_id heading speed_kmh watched hazmat cargo revision"),
    },
    # What was answered to its own order, by whom.
    "log_entry, own answer": {
        **_each(WHOLE, "at actor reason"),
        **_each(NEVER, "id action incident_id assignment_id before after hash"),
    },
    "roll_call": {
        **_each(WHOLE, "id called_by called_at due_at exercise"),
        **_each(NEVER, "reminded_at"),
    },
    "roll_call_answer, own": {
        **_each(WHOLE, "roll_call_id agency_id answered_at answered_by note"),
        **_each(NEVER, "means"),
    },
    # Read by linkage for the names of substances; nothing of it is handed on.
    "alert": {
        **_each(NEVER, "id source_id source_ref revision message_kind references_json kind"),
        **_each(NEVER, "event_code source_kind occurred_at sent_at received_at place lon lat"),
        **_each(NEVER, "source_x source_y position_note area_code severity urgency certainty"),
        **_each(NEVER, "warning_colour fire_alarm_level triage_level casualties caller_name"),
        **_each(NEVER, "caller_phone plates hazmat headline text expires_at facts exercise"),
        **_each(NEVER, "digest inbound_id"),
    },
}


def seen(of: str) -> tuple[str, ...]:
    """The columns that may be read of such rows."""
    return tuple(name for name, sight in SHARED[of].items() if sight is not NEVER)


def shown(of: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """A row as it may be handed on: what is never seen is not in it, what is masked is masked."""
    return {name: _shown(SHARED[of][name], row[name]) for name in seen(of)}


def all_shown(of: str, rows: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    return [shown(of, row) for row in rows]


def _shown(sight: Sight, value: Any) -> Any:
    return masked(value) if sight is MASKED and isinstance(value, str) else value
