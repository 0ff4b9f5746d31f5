"""联动方案, the shape: who leads, supports and is told for a kind, and what a level adds. Pure."""

from datetime import datetime

import msgspec

from linkage.kinds import Kind
from linkage.vocabulary import AssignmentRole, Labelled


class When(Labelled):
    """The condition of an automatic link."""

    HAZMAT = "hazmat", "涉及危险品"
    HURT = "hurt", "有人受伤或中毒"
    TRAPPED = "trapped", "有人被困或失踪"
    LEVEL_3 = "level_3", "Ⅲ级及以上"
    RED_WARNING = "red_warning", "红色预警"


class StartRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """From this number on (以上包括本数) the card starts at `level`. `figure`: as in grading."""

    figure: str
    label: str
    unit: str
    at_least: float
    level: int


class LevelRule(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a response level means for everybody, whatever the card.

    `standby`: city departments that only support wait for the word, save `front`. `others`: whom
    to telephone besides. `expected_hours`: how long such a response is expected to last.
    """

    runs: str  # 由谁牵头, in words
    basis: str
    expected_hours: int
    standby: bool = False
    standby_task: str = ""
    front: tuple[str, ...] = ()
    others: tuple[str, ...] = ()


class Due(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Seconds from issuing; None: no limit."""

    on_scene_s: int | None = None
    report_s: int | None = None


class RunCard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One row of the matrix. `lead` is of our network; `statutory_lead` is who leads by law when
    that is nobody of ours: then our lead takes the order for them and passes it on.

    `hazmat`: the variant for the same codes when dangerous goods are aboard.
    `on_scene_command`: who commands on the spot where another one coordinates; also in `support`.
    """

    row: int
    name: str
    kinds: tuple[Kind, ...]
    codes: tuple[str, ...]  # GB/T 35561-2017 prefixes
    lead: str
    basis: str
    hazmat: bool = False
    on_scene_command: str | None = None
    statutory_lead: str = ""
    support: tuple[str, ...] = ()
    inform: tuple[str, ...] = ()
    others: tuple[str, ...] = ()  # parties outside the network, reached by telephone
    start_level: int | None = None
    start: str = ""
    start_at: tuple[StartRule, ...] = ()
    by_warning: bool = False  # the colour in force gives the level: 红Ⅰ 橙Ⅱ 黄Ⅲ 蓝Ⅳ
    note: str = ""
    due: dict[AssignmentRole, Due] = {}
    tasks: dict[str, str] = {}

    @property
    def parties(self) -> tuple[str, ...]:
        return (self.lead, *self.support, *self.inform)


class AutoLink(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Agencies added whatever the card says. `always`: also a desk whose department is in.

    `acknowledge_s`: to be signed within, also by who was in already and has longer.
    """

    when: When
    agencies: tuple[str, ...]
    basis: str
    others: tuple[str, ...] = ()
    always: bool = False
    acknowledge_s: int | None = None


class RunCards(msgspec.Struct, frozen=True, kw_only=True):
    """One version of the cards. `without_card`: kinds left without one on purpose, and why.

    `digest`: SHA-256 of `text`, the file as it was read.
    """

    label: str
    effective_at: datetime
    text: str
    digest: str
    levels: dict[int, LevelRule]
    cards: tuple[RunCard, ...]
    due: dict[AssignmentRole, Due]
    tasks: dict[AssignmentRole, dict[str, str]]
    auto_links: tuple[AutoLink, ...]
    without_card: dict[Kind, str]
