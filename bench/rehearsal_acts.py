"""What the officers do in the rehearsal, through the functions their pages call; never by SQL."""

from collections.abc import Mapping
from datetime import datetime, timedelta

from bench.rehearsal_stage import DECLINES, Failed, Stage, now
from linkage.desk import incidents
from linkage.desk.facts import Incident, read_incidents
from linkage.desk.live import LiveIncident, open_incidents
from linkage.kinds import Kind
from linkage.people import Actor
from linkage.plan.levels import (
    Declaration,
    JointResponse,
    active_response,
    end_response,
    start_response,
)
from linkage.plan.run_cards import Proposal, RunCards, load_run_cards, propose
from linkage.response import responses
from linkage.response.agencies import Agency, load_agencies
from linkage.response.feedback import Feedback
from linkage.response.moves import LIVE
from linkage.response.orders import Order
from linkage.response.tasks import Task, read_tasks_of
from linkage.vocabulary import AssignmentRole, AssignmentStatus, Disposition, Grade, Role

OFFICER = Actor("值班员甲", Role.DUTY_OFFICER)
RELIEF = Actor("值班员乙", Role.DUTY_OFFICER)
CHIEF = Actor("值班长", Role.DUTY_CHIEF)
# Who takes the place of the one that sends its order back: 交警 closes the road by itself.
STANDS_IN = "122"
PLATE_SYSTEMS = 4


class Desk:
    """The duty room of the rehearsal, at work on the tanker."""

    def __init__(self, stage: Stage) -> None:
        self.stage, self.record = stage, stage.record
        tables = stage.settings.tables
        self.agencies: Mapping[str, Agency] = load_agencies(
            tables / "agencies.toml", stage.settings.contact_file
        )
        self.cards: RunCards = load_run_cards(tables / "run_cards.toml", self.agencies)
        self.incident_id = 0
        self.proposal: Proposal | None = None

    # ── what is seen ──

    def tanker(self) -> LiveIncident | None:
        """The tanker as several systems reported it, real or practised as the rehearsal is."""
        with self.record.read() as cx:
            found = [
                row
                for row in open_incidents(cx)
                if row.kind == Kind.HAZMAT_VEHICLE
                and row.exercise is self.stage.exercise
                and len(row.sources) >= PLATE_SYSTEMS
            ]
        return found[0] if found else None

    def incident(self) -> Incident:
        with self.record.read() as cx:
            found = read_incidents(cx, [self.incident_id])
        if not found:
            raise Failed("事件不见了")
        return found[0]

    def tasks(self) -> dict[str, Task]:
        """The newest of each agency."""
        return {task.agency_id: task for task in read_tasks_of(self.record, self.incident_id)}

    def response(self) -> JointResponse | None:
        with self.record.read() as cx:
            return active_response(cx, self.incident_id)

    # ── what is done ──

    def claim_and_verify(self) -> None:
        version = incidents.claim(self.record, OFFICER, self.incident_id)
        incidents.verify(self.record, OFFICER, self.incident_id, version, note="现场交警回电属实")

    def confirm_grade(self) -> None:
        it = self.incident()
        incidents.confirm_grade(self.record, CHIEF, it.id, it.version, Grade.CONSIDERABLE)

    def start(self, until: datetime) -> int:
        it = self.incident()
        self.proposal = propose(
            it.kind,
            it.event_code,
            cards=self.cards,
            agencies=self.agencies,
            casualties=it.casualties,
            grade=it.grade,
            hazmat=it.hazmat,
        )
        declared = Declaration(
            subject=f"{it.place}危化品罐车侧翻泄漏",
            level=3,
            expected_until=until,
            measures="封控道路、疏散下风向群众、堵漏洗消、救治伤员、监测空气和水体",
        )
        return start_response(
            self.record,
            CHIEF,
            it.id,
            it.version,
            declared,
            cards=self.cards,
            proposal=self.proposal,
        )

    def issue(self) -> list[int]:
        if self.proposal is None:
            raise Failed("没有联动方案可下达")
        it = self.incident()
        orders = [line.order() for line in self.proposal.assignments]
        return responses.issue(
            self.record,
            CHIEF,
            it.id,
            it.version,
            orders,
            agencies=self.agencies,
            proposal=self.proposal,
        )

    def give_to_another(self) -> int:
        """The officer's decision on an order that was sent back."""
        it, back = self.incident(), self.tasks()[DECLINES]
        order = Order(
            agency_id=STANDS_IN,
            role=AssignmentRole.SUPPORT,
            task=f"代{self.agencies[DECLINES].name}封闭道路并疏导：{back.task}",
            reason=f"{self.agencies[DECLINES].name}退回：{back.last_feedback}",
            acknowledge_s=self.agencies[STANDS_IN].acknowledge_s.get(AssignmentRole.SUPPORT),
        )
        (made,) = responses.issue(
            self.record, CHIEF, it.id, it.version, [order], agencies=self.agencies
        )
        return made

    def by_telephone(self, agency_id: str) -> None:
        """The silent one is reached by telephone and everything is entered that it says."""
        task = self.tasks()[agency_id]
        for status, words in (
            (AssignmentStatus.ACKNOWLEDGED, "电话接通，已签收"),
            (AssignmentStatus.REPORTED, "电话反馈：已派人到场"),
            (AssignmentStatus.COMPLETED, "电话反馈：处置结束"),
        ):
            said = Feedback(
                assignment_id=task.id, revision=task.revision, status=status, text=words
            )
            responses.take_by_telephone(self.record, RELIEF, said, agencies=self.agencies)

    def withdraw(self, agency_id: str, why: str) -> None:
        task = self.tasks()[agency_id]
        responses.cancel(self.record, CHIEF, task.id, task.revision, why, agencies=self.agencies)

    def end(self) -> None:
        """What is still open is withdrawn, then the response and the incident end."""
        for agency_id, task in self.tasks().items():
            if task.status in LIVE:
                self.withdraw(agency_id, "险情解除，任务结束")
        now_on = self.response()
        if now_on is not None:
            end_response(
                self.record,
                CHIEF,
                now_on.id,
                now_on.version,
                "堵漏完成，道路恢复通行",
                agencies=self.agencies,
            )
        it = self.incident()
        incidents.close(
            self.record,
            CHIEF,
            it.id,
            it.version,
            Disposition.HANDLED,
            "堵漏、洗消完成",
            agencies=self.agencies,
        )


def soon() -> datetime:
    return now() + timedelta(hours=12)
