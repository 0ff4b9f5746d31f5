"""The points of the rehearsal, in order: what is done, what must then be so, with its figures."""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from bench.rehearsal_acts import CHIEF, OFFICER, STANDS_IN, Desk, soon
from bench.rehearsal_duty import DutyRoom
from bench.rehearsal_stage import DECLINES, SILENT, Failed, Stage, now
from linkage.beijing import clock
from linkage.clocks.firings import firings_of
from linkage.desk.live import open_incidents
from linkage.desk.queries import Case, read_case
from linkage.exercise import exercises, sheet
from linkage.exercise.ending import end
from linkage.exercise.gathering import Scope, gather
from linkage.exercise.printing import score_pdf
from linkage.exercise.score import Score, score
from linkage.exercise.targets import load_exercise_rules
from linkage.figures.intake_status import intake_status
from linkage.means.listing import notices_of
from linkage.record import BEIJING
from linkage.reporting.reports import Report
from linkage.response.moves import LIVE as OPEN_TASKS
from linkage.response.tasks import Task
from linkage.response_vocabulary import Means, NoticeStatus, Post, ReportStage, Step
from linkage.verify import verify
from linkage.vocabulary import AssignmentStatus, Grade, IncidentStatus

Point = Callable[[], str]
# In story minutes from 15:09: three dead at 16:10, all over at 20:00.
DEATHS_AT, OVER_AT = 61, 291
LEAST_ORDERS = 10
# Whose acknowledgement is lost and said again.
REPEATS = "fire"


class Points:
    """`vital`: without these there is nothing to go on with."""

    vital = frozenset(
        {"情景开始", "四个系统的报警并为一起", "死亡三人，提出定级建议", "下达联动指令"}
    )

    def __init__(self, stage: Stage) -> None:
        self.stage, self.desk = stage, Desk(stage)
        self.duty = DutyRoom(stage, self.desk)
        self.began: datetime = now()
        self.issued_at: datetime = now()
        self.exercise_id = 0

    def all(self) -> Iterator[tuple[str, Point]]:
        yield from (
            ("排班", self.rostered),
            ("情景开始", self.begin),
            ("四个系统的报警并为一起", self.one_incident),
            ("核实", self.verified),
            ("死亡三人，提出定级建议", self.proposed),
            ("人工定级", self.graded),
            ("启动Ⅲ级响应", self.started),
            ("下达联动指令", self.issued),
            ("部门系统回执", self.received),
            ("重复签收只算一次", self.repeated),
            ("首报按时报到省里", self.reported),
            ("退回的改派", self.declined),
            ("未签收的改用其他手段", self.other_means),
            ("交接班不丢一事", self.handed_over),
            ("超时升级到值班长", self.escalated),
            ("电话接通未签收的单位", self.telephoned),
            ("各单位办结", self.completed),
            ("故事讲完", self.told),
            ("续报", self.followed_up),
            ("终止响应、办结事件", self.ended),
            ("终报", self.final_report),
            ("不该有的没有发生", self.nothing_else),
            ("记录核验", self.verified_record),
        )

    # ── the story ──

    def rostered(self) -> str:
        """The shift changes while the orders are out."""
        change = now() + timedelta(minutes=30)
        return f"{self.duty.fill_roster(change)} 个班次，{clock(change)} 换班"

    def begin(self) -> str:
        self.began = now()
        if self.stage.exercise:
            self.exercise_id = exercises.begin(
                self.stage.record,
                CHIEF,
                "台风＋泄洪＋危化",
                scenario="typhoon",
                speed=self.stage.speed,
            )
            return f"以演练进行，×{self.stage.speed:g}"
        self.stage.start(
            "feed",
            "ingest",
            "simulate",
            "feed",
            "--scenario",
            "typhoon",
            "--speed",
            f"{self.stage.speed:g}",
        )
        return f"以实战数据进行，×{self.stage.speed:g}"

    def one_incident(self) -> str:
        """No second incident: 110, 122, 119 and 120 tell of the same tanker."""
        row = self.stage.until(self.desk.tanker, self._story(10) + 40, "四个系统报同一辆罐车")
        assert row is not None
        self.desk.incident_id = int(row.id)
        with self.stage.record.read() as cx:
            same = [r for r in open_incidents(cx) if r.place == row.place and r.hazmat]
        if len(same) > 1:
            raise Failed(f"同一辆罐车立了 {len(same)} 起事件")
        return f"{row.number}，{len(row.sources)} 个系统 {row.alerts} 条接报"

    def verified(self) -> str:
        self.desk.claim_and_verify()
        return f"{OFFICER} 接手并核实"

    def proposed(self) -> str:
        def told() -> bool:
            return self.desk.incident().grade_proposed is Grade.CONSIDERABLE

        self.stage.until(told, self._story(DEATHS_AT) + 40, "死亡三人的续报和较大建议")
        it = self.desk.incident()
        if it.grade is not None:
            raise Failed("等级未经人确认就已确定")
        if not it.grade_reason or ("第" not in it.grade_reason and "条例" not in it.grade_reason):
            raise Failed(f"建议没有写明条款：{it.grade_reason}")
        return it.grade_reason

    def graded(self) -> str:
        self.desk.confirm_grade()
        return f"{CHIEF} 定为{Grade.CONSIDERABLE.label}"

    def started(self) -> str:
        self.desk.start(soon())
        response = self.desk.response()
        if response is None or response.level != 3:
            raise Failed("响应没有启动")
        card = self.desk.proposal.card if self.desk.proposal else None
        return f"{response.command.label}，联动方案第{card.row if card else '？'}行"

    # ── the orders ──

    def issued(self) -> str:
        self.issued_at = now()
        ids = self.desk.issue()
        if len(ids) < LEAST_ORDERS:
            raise Failed(f"只下达了 {len(ids)} 个单位，应不少于 {LEAST_ORDERS} 个")
        return f"{len(ids)} 个单位"

    def received(self) -> str:
        """The systems have it: that a person answers is another thing. The silent say nothing."""

        def all_told() -> list[float]:
            tasks = [t for t in self.desk.tasks().values() if t.agency_id not in SILENT]
            took = [(t.delivered_at - t.issued_at).total_seconds() for t in tasks if t.delivered_at]
            return took if len(took) == len(tasks) else []

        took = self.stage.until(all_told, 30, "各单位系统的技术回执")
        return f"{len(took)} 个单位，最慢 {max(took):.1f} 秒；{len(SILENT)} 个没有回执"

    def declined(self) -> str:
        def sent_back() -> bool:
            return self.desk.tasks()[DECLINES].status is AssignmentStatus.DECLINED

        self.stage.until(sent_back, 60, "一个单位退回")
        why = self.desk.tasks()[DECLINES].last_feedback
        self.desk.give_to_another()

        def taken() -> bool:
            return self.desk.tasks()[STANDS_IN].acknowledged_at is not None

        self.stage.until(taken, 60, "改派单位签收")
        return f"{self._name(DECLINES)}：{why}→ {self._name(STANDS_IN)} 已签收"

    def repeated(self) -> str:
        """Its acknowledgement was lost, so the department says it three times more."""

        def signed() -> Task | None:
            found = [
                t
                for t in self.desk.tasks().values()
                if t.acknowledged_at and t.agency_id == REPEATS
            ]
            return found[0] if found else None

        task = self.stage.until(signed, 60, f"{self._name(REPEATS)}签收")
        signed_at = task.acknowledged_at or now()
        before, counted = self._signings(task.id), self._duplicates()
        said = {
            "assignment": task.id,
            "revision": task.revision,
            "status": "acknowledged",
            "at": signed_at.astimezone(BEIJING).isoformat(timespec="seconds"),
            "by": task.last_feedback_by,
            "text": "收到，已签收。",
        }
        self.stage.say(f"linkage/v1/feedback/{REPEATS}", msgspec.json.encode(said), 3)
        self.stage.until(lambda: self._duplicates() >= counted + 3, 20, "三条重复签收记账")
        if self._signings(task.id) != before or before != 1:
            raise Failed(f"签收记了 {self._signings(task.id)} 次")
        return f"{self._name(REPEATS)} 又报三次，状态只变一次，三条记为重复"

    def _signings(self, task_id: int) -> int:
        case = self._case()
        return sum(
            line.assignment_id == task_id
            and isinstance(line.after, dict)
            and line.after.get("status") == AssignmentStatus.ACKNOWLEDGED.value
            for line in case.log
        )

    def _duplicates(self) -> int:
        with self.stage.record.read() as cx:
            agencies = intake_status(
                cx, self.duty.facts.sources, list(self.desk.agencies), now()
            ).agencies
        return next(a.feedback.duplicate for a in agencies if a.id == REPEATS)

    def _case(self) -> Case:
        case = read_case(self.stage.record, self.desk.incident_id, now())
        if case is None:
            raise Failed("事件不见了")
        return case

    def other_means(self) -> str:
        """Nobody has signed: another means goes out, of itself."""

        def took_over() -> bool:
            return all(self._went(agency) for agency in SILENT)

        self.stage.until(took_over, 240, "其他手段送出")
        return "；".join(
            f"{self._name(a)}：{'、'.join(m.label for m in self._went(a))}" for a in SILENT
        )

    def _went(self, agency_id: str) -> list[Means]:
        task = self.desk.tasks()[agency_id]
        with self.stage.record.read() as cx:
            notices = notices_of(cx, [task.id]).get(task.id, [])
        return [n.means for n in notices if n.status in {NoticeStatus.SENT, NoticeStatus.DONE}]

    def escalated(self) -> str:
        """Up the roster to the chief, each post once."""

        def chief_told() -> list[str]:
            with self.stage.record.read() as cx:
                fired = firings_of(cx, self.desk.incident_id)
            return [
                f"{self._name(f.owner)}：{w}"
                for f in fired
                if f.owner in SILENT and f.step == Step.ESCALATE
                for w in f.told
                if Post.CHIEF.label in w
            ]

        told = self.stage.until(chief_told, 480, f"升级到{Post.CHIEF.label}")
        return "；".join(dict.fromkeys(told))

    def telephoned(self) -> str:
        for agency in SILENT:
            self.desk.by_telephone(agency)
        return "、".join(self._name(agency) for agency in SILENT)

    def reported(self) -> str:
        """To the province and back, before every limit of the clause."""
        one = self.duty.send(ReportStage.FIRST)

        def answered() -> Report | None:
            found = self.duty.report(ReportStage.FIRST)
            return found if found and found.received_at else None

        one = self.stage.until(answered, 120, "省里的回执")
        due = one.written_due_at or one.legal_due_at
        if due is None or one.received_at is None or one.received_at > due:
            raise Failed(f"{one.number} 迟了：应 {due}，收 {one.received_at}")
        took = (one.received_at - one.runs_from).total_seconds()
        left = (due - one.received_at).total_seconds()
        return f"{one.number}，起算后 {took:.0f} 秒到，距书面时限还有 {left:.0f} 秒；{one.basis}"

    def handed_over(self) -> str:
        before = self._open()
        said = self.duty.hand_over()
        if self._open() != before:
            raise Failed(f"交接前 {before}，交接后 {self._open()}")
        return f"{said}；在办任务 {len(before)} 项，一项不少"

    def _open(self) -> set[int]:
        return {t.id for t in self.desk.tasks().values() if t.status in {*OPEN_TASKS}}

    # ── the end ──

    def told(self) -> str:
        """Until the story's end: what comes late must still find its incident."""

        def done() -> bool:
            return (now() - self.began).total_seconds() >= OVER_AT * 60 / self.stage.speed + 5

        self.stage.until(done, self._story(OVER_AT) + 30, "情景放完")
        return f"{self.desk.incident().alert_count} 条接报归于一起"

    def followed_up(self) -> str:
        one = self.duty.send(ReportStage.FOLLOW_UP)
        return f"{one.name} {one.number} {one.status.label}"

    def final_report(self) -> str:
        one = self.duty.send(ReportStage.FINAL)
        return f"{one.number} {one.status.label}"

    def nothing_else(self) -> str:
        """No second tanker, nobody paged twice for one step, no real figure touched by practice."""
        with self.stage.record.read() as cx:
            fired = firings_of(cx, self.desk.incident_id)
        steps = [(f.rule_id, f.owner, f.number, f.due_at) for f in fired]
        if len(steps) != len(set(steps)):
            raise Failed("同一步时限执行了两次")
        leaders = [w for f in fired for w in f.told if Post.LEADER.label in w and "不通知" not in w]
        if self.stage.exercise and leaders:
            raise Failed(f"演练惊动了{Post.LEADER.label}：{leaders[0]}")
        return f"{len(fired)} 步时限各执行一次"

    def completed(self) -> str:
        def resolved() -> bool:
            done = {AssignmentStatus.COMPLETED, AssignmentStatus.DECLINED}
            return all(t.status in done for t in self.desk.tasks().values())

        self.stage.until(resolved, 900, "各单位办结")
        return f"{len(self.desk.tasks())} 个单位"

    def ended(self) -> str:
        self.desk.end()
        it = self.desk.incident()
        if it.status is not IncidentStatus.CLOSED or it.response_level is not None:
            raise Failed(f"事件{it.status.label}，响应级别仍为 {it.response_level}")
        return f"{it.number} {it.status.label}"

    def verified_record(self) -> str:
        faults = [
            f"{found.check}：{found.fault}" for found in verify(self.stage.record) if found.fault
        ]
        if faults:
            raise Failed("；".join(faults))
        return "记录链、记账、归属完好"

    # ── the sheet ──

    def printed_score(self, folder: Path) -> str:
        found = self._score()
        text = sheet.text(found)
        (folder / "score.txt").write_text(text, "utf-8")
        (folder / "score.pdf").write_bytes(score_pdf(found))
        return f"\n{text}\n"

    def _score(self) -> Score:
        rules = load_exercise_rules(self.stage.settings.tables / "exercise.toml")
        record, agencies = self.stage.record, self.desk.agencies
        if self.exercise_id:
            return end(
                record,
                CHIEF,
                self.exercise_id,
                "演练完成",
                agencies=agencies,
                rules=rules,
                clocks=self.duty.facts.clocks,
            )
        scope = Scope(
            title="台风＋泄洪＋危化",
            exercise=False,
            since=self.began,
            until=now(),
            incident_id=self.desk.incident_id,
        )
        with record.read() as cx:
            clocks = self.duty.facts.clocks
            return score(gather(cx, scope, clocks), rules.targets, clocks)

    def _story(self, minutes: float) -> float:
        """How long so many minutes of the story take here, in seconds from the beginning."""
        gone = (now() - self.began) / timedelta(seconds=1)
        return max(0.0, minutes * 60 / self.stage.speed - gone)

    def _name(self, agency_id: str) -> str:
        return self.desk.agencies[agency_id].name
