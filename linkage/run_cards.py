"""联动方案: kind and level of an incident → which agencies do what, and why. Pure."""

from collections.abc import Mapping
from pathlib import Path

import msgspec

from linkage.agencies import Agency
from linkage.alerts import Casualties
from linkage.kinds import Kind
from linkage.orders import Order
from linkage.vocabulary import AssignmentRole, Grade, WarningColour


class RunCard(msgspec.Struct, frozen=True, kw_only=True):
    """One row of the matrix. `lead` is of our network; `statutory_lead` is who leads by law when
    that is nobody of ours: then our lead takes the order for them and passes it on."""

    row: int
    name: str
    kinds: tuple[Kind, ...]
    codes: tuple[str, ...]  # event-code prefixes
    lead: str
    on_scene_command: str | None = None
    statutory_lead: str = ""
    support: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # parties outside the network, reached by telephone
    start_level: int | None = None
    start: str = ""
    basis: str = ""


class RunCards(msgspec.Struct, frozen=True, kw_only=True):
    """data/run_cards.toml, read and checked."""

    cards: tuple[RunCard, ...]


class ProposedAssignment(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the proposal; the officer may change any of it."""

    agency_id: str
    role: AssignmentRole
    task: str
    reason: str
    acknowledge_s: int | None = None
    on_scene_s: int | None = None
    report_s: int | None = None

    def order(self) -> Order:
        return Order(**msgspec.structs.asdict(self))


class Proposal(msgspec.Struct, frozen=True, kw_only=True):
    """What the run card says to do. `reason`: why this card, or why there is none.

    `response_level`: the level the proposal rests on, and `level_reason` where it comes from.
    `others`: whom to telephone.
    """

    card: RunCard | None
    reason: str
    assignments: tuple[ProposedAssignment, ...] = ()
    others: tuple[str, ...] = ()
    response_level: int | None = None
    level_reason: str = ""


def load_run_cards(path: Path, agencies: Mapping[str, Agency]) -> RunCards:
    """Raises BadConfig."""
    raise NotImplementedError


def propose(
    kind: Kind,
    event_code: str,
    *,
    cards: RunCards,
    agencies: Mapping[str, Agency],
    casualties: Casualties,
    grade: Grade | None = None,
    response_level: int | None = None,
    hazmat: bool = False,
    warning_colour: WarningColour | None = None,
) -> Proposal:
    """Who should be told to do what. A kind without a card gives an empty proposal saying so."""
    raise NotImplementedError
