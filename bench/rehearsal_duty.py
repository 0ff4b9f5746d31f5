"""The duty room of the rehearsal: its roster, its reports to the province, its change of shifts."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from bench.rehearsal_acts import CHIEF, OFFICER, RELIEF, Desk
from bench.rehearsal_stage import Failed, Stage, now
from linkage.clocks.rule_file import read_clocks
from linkage.duty import edit
from linkage.duty.lines import Draft, PersonDraft, ShiftDraft, Where
from linkage.duty.people import Person
from linkage.duty.rules import load_duty
from linkage.handover import signing
from linkage.handover.gather import Facts
from linkage.handover.turns import current_turn
from linkage.reporting import flow
from linkage.reporting.limits import load_report_limits
from linkage.reporting.reports import Report, chain_of
from linkage.response_vocabulary import Post, ReportElement, ReportStage
from linkage.sources import load_sources

_HERE = Where("演练", 0)
_POSTS = {
    Post.OFFICER: (OFFICER.name, RELIEF.name),
    Post.DEPUTY: ("副班甲", "副班乙"),
    Post.CHIEF: (CHIEF.name, "值班长乙"),
    Post.LEADER: ("带班领导", "带班领导"),
}
SHIFT = timedelta(hours=12)


class DutyRoom:
    def __init__(self, stage: Stage, desk: Desk) -> None:
        self.stage, self.record, self.desk = stage, stage.record, desk
        tables = stage.settings.tables
        self.rules = load_duty(tables / "duty.toml")
        self.limits = load_report_limits(tables / "report_limits.toml")
        self.facts = Facts(
            sources=load_sources(stage.settings.sources),
            agencies=desk.agencies,
            clocks=read_clocks(tables, desk.agencies),
        )

    # ── roster ──

    def fill_roster(self, change_at: datetime) -> int:
        """Two shifts, the second from `change_at` on; everybody can be reached."""
        draft = Draft(people=list(_people()), shifts=list(_shifts(change_at)))
        seen = edit.preview(self.record, draft, self.rules, now())
        if seen.refusals:
            raise Failed("；".join(one.words for one in seen.refusals))
        edit.take_import(self.record, CHIEF, draft, seen.digest, self.rules)
        return len(seen.add)

    # ── hand-over ──

    def hand_over(self) -> str:
        with self.record.read() as cx:
            turn = current_turn(cx, self.rules, now())
        if turn is None:
            raise Failed("班表上没有要交接的班")
        one = signing.draw_up(self.record, OFFICER, turn, self.facts)
        with self.record.read() as cx:
            sheet = signing.read(cx, turn.at)
        if sheet is None or sheet.id != one:
            raise Failed("交接单没有生成")
        number = self.desk.incident().number
        if number not in sheet.sheet.text:
            raise Failed(f"交接单上没有 {number}")
        signing.give(self.record, OFFICER, one, sheet.digest)
        signing.take(self.record, RELIEF, one, sheet.digest, self.facts)
        with self.record.read() as cx:
            signed = signing.read(cx, turn.at)
        if signed is None or not signed.done:
            raise Failed("交接单没有双方签字")
        return f"{signed.given_by} → {signed.taken_by}，校验码 {signed.digest[:8]}"

    # ── reports ──

    def report(self, stage: ReportStage) -> Report | None:
        with self.record.read() as cx:
            found = [r for r in chain_of(cx, self.desk.incident_id) if r.stage is stage]
        return found[-1] if found else None

    def send(self, stage: ReportStage) -> Report:
        """The draft that the rule opened: telephoned, filled in, submitted, signed by another."""
        one = self.stage.until(lambda: self.report(stage), 60, f"{stage.label}草稿")
        if one.telephone_due_at is not None and one.telephoned_at is None:
            flow.telephone(
                self.record, OFFICER, one.id, one.version, "省应急指挥中心值班室，罐车侧翻三人死亡"
            )
        one = self._now(one)
        said = dict(one.elements) | {
            ReportElement.CAUSE.value: "罐车避让时侧翻，罐体破损",
            ReportElement.MEASURES.value: "封路、疏散、堵漏、救治、监测",
        }
        flow.save(self.record, OFFICER, one.id, one.version, said, limits=self.limits)
        flow.submit(self.record, OFFICER, one.id, self._now(one).version)
        flow.sign(self.record, CHIEF, one.id, self._now(one).version, limits=self.limits)
        return self._now(one)

    def _now(self, one: Report) -> Report:
        with self.record.read() as cx:
            return next(r for r in chain_of(cx, self.desk.incident_id) if r.id == one.id)


def _people() -> Iterator[PersonDraft]:
    names = dict.fromkeys(name for pair in _POSTS.values() for name in pair)
    for number, name in enumerate(names, start=1):
        who = Person(id=None, name=name, mobile=f"0000000{number:04d}", webhook=f"post-{number}")
        yield PersonDraft(_HERE, who)


def _shifts(change_at: datetime) -> Iterator[ShiftDraft]:
    for post, (leaves, comes) in _POSTS.items():
        yield ShiftDraft(_HERE, post, leaves, change_at - SHIFT, change_at)
        yield ShiftDraft(_HERE, post, comes, change_at, change_at + SHIFT)
