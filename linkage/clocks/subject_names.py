"""What data/clocks.toml may speak of: states, stamps and traits of each kind of subject. Pure."""

from collections.abc import Collection, Mapping

from linkage.response_vocabulary import (
    About,
    NeedStatus,
    PublicWarningStatus,
    ReportStage,
    ReportStatus,
)
from linkage.vocabulary import (
    OPEN_STATUSES,
    AssignmentRole,
    AssignmentStatus,
    IncidentStatus,
    Severity,
)

_YES_NO = (True, False)
# A joint response, a hand-over, a shift and a roll call have no status column; these stand for it.
RESPONDING, UNSIGNED, EMPTY, CALLED = "responding", "unsigned", "empty", "called"

STATES: Mapping[About, Collection[str]] = {
    About.ASSIGNMENT: tuple(AssignmentStatus),
    # Ended incidents owe nothing; an incident under a joint response is `responding` besides.
    About.INCIDENT: (*(s for s in IncidentStatus if s in OPEN_STATUSES), RESPONDING),
    About.NEED: tuple(NeedStatus),
    About.REPORT: tuple(ReportStatus),
    About.PUBLIC_WARNING: tuple(PublicWarningStatus),
    About.HANDOVER: (UNSIGNED,),
    About.SHIFT: (EMPTY,),
    About.ROLL_CALL: (CALLED,),
}

STAMPS: Mapping[About, Collection[str]] = {
    About.ASSIGNMENT: (
        "issued_at",
        "told_at",
        "acknowledge_due_at",
        "en_route_due_at",
        "on_scene_due_at",
        "report_due_at",
        "delivered_at",
        "acknowledged_at",
        "en_route_at",
        "on_scene_at",
        "working_at",
        "reported_at",
        "declined_at",
        "cancelled_at",
        "cancel_read_at",
    ),
    About.INCIDENT: (
        "opened_at",
        "verified_at",
        "dispatched_at",
        "on_scene_at",
        "controlled_at",
        "resolved_at",
        "claimed_at",
        "grade_proposed_at",
        "started_at",  # of the joint response
        "expected_until",
    ),
    About.NEED: ("asked_at", "changed_at", "offered_at", "on_the_way_at"),
    About.REPORT: (
        "runs_from",
        "telephone_due_at",
        "written_due_at",
        "legal_due_at",
        "telephoned_at",
        "submitted_at",
        "returned_at",
        "signed_at",
        "sent_at",
        "received_at",
        "changed_at",
    ),
    About.PUBLIC_WARNING: (
        "composed_at",
        "submitted_at",
        "approved_at",
        "issued_at",
        "published_at",
        "changed_at",
    ),
    About.HANDOVER: ("made_at", "change_at", "given_at", "taken_at"),
    About.SHIFT: ("empty_from", "seen_from"),  # seven days ahead of it
    About.ROLL_CALL: ("called_at", "due_at"),
}

TRAITS: Mapping[About, Mapping[str, Collection[str | bool]]] = {
    About.ASSIGNMENT: {
        "role": tuple(AssignmentRole),
        "agency_id": (),  # any of data/agencies.toml
        "has_units": _YES_NO,
        "receipts": _YES_NO,  # its system says that it has an order
        "replaced": _YES_NO,  # somebody was ordered in the place of who declined
    },
    About.INCIDENT: {
        "severity": tuple(Severity),
        "assigned": _YES_NO,  # somebody acts in it who has not declined
        "people_known": _YES_NO,  # some count of people hurt, missing or moved was stated
        "grade_open": _YES_NO,  # a grade is proposed above the confirmed one
        "fault": _YES_NO,  # a finding of our own about a system, no event in the city
    },
    About.NEED: {},
    About.REPORT: {"stage": tuple(ReportStage)},
    About.PUBLIC_WARNING: {},
    About.HANDOVER: {},
    About.SHIFT: {},
    About.ROLL_CALL: {},
}
