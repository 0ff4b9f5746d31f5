"""Reports on paper in the usual form; zero report and daily brief; the same by command."""

import subprocess
import sys
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from linkage.clocks.rule_file import read_clocks
from linkage.clocks.running import running
from linkage.errors import NotAllowed
from linkage.people import Actor
from linkage.record import Record
from linkage.reporting.days import make_day, open_days
from linkage.reporting.flow import withdraw
from linkage.reporting.paper import file_name, report_pdf, report_word
from linkage.reporting.reports import Report
from linkage.reporting.sending import changes_of
from linkage.response_vocabulary import ReportElement as E
from linkage.response_vocabulary import ReportStage, ReportStatus
from linkage.vocabulary import Grade
from tests.reporting import LIMITS, fill, keeper, one, put_grave, signed
from tests.test_documents import pages, words
from tests.test_reporting import change

MIN = timedelta(minutes=1)
HOSTILE = "<script>alert(1)</script>\0\u202e=HYPERLINK()"


@pytest.fixture
def two(record: Record, now: datetime, officer: Actor, chief: Actor) -> tuple[Report, Report]:
    """A first report, signed late, and the further one after the grade went up."""
    put_grave(record, at=now)
    draft = keeper(record).look(now)[0]
    fill(record, officer, draft, {E.CAUSE: "转弯侧翻", E.MEASURES: "第一条\n第二条"}, now)
    first = signed(record, draft, officer, chief, now + 70 * MIN, "现场通信中断")
    assert first.incident_id is not None
    change(record, first.incident_id, now + 80 * MIN, grade=Grade.MAJOR, poisoned=4)
    again = keeper(record).look(now + 80 * MIN)[0]
    return first, signed(record, again, officer, chief, now + 81 * MIN)


def test_the_paper_has_all_that_an_official_report_has(two: tuple[Report, Report]) -> None:
    first, _ = two
    for read in (
        "\n".join(pages(report_pdf(first, [], LIMITS))),
        words(report_word(first, [], LIMITS)),
    ):
        for said in (
            "连云港市应急指挥中心",
            "连应急报〔2026〕第1号",
            "签发人：丙（值班长）",
            "江苏省应急指挥中心：",
            "一、基本情况",
            "死亡3人",
            "起因：转弯侧翻",
            "第二条",
            "迟报原因：现场通信中断",
            "2026年11月22日15时40分",
            "抄送：江苏省应急管理厅",
            "（首报）",
        ):
            assert said in read
        assert "上一报" not in read


def test_the_further_report_marks_what_changed(two: tuple[Report, Report]) -> None:
    first, second = two
    changes = changes_of(second, first, LIMITS)
    assert [(c.element, c.before, c.after) for c in changes if c.element is E.POISONED] == [
        (E.POISONED, "1", "4")
    ]
    read = "\n".join(pages(report_pdf(second, changes, LIMITS)))
    for said in ("（续报1）", "与上一报的变化", "较大（初判）", "重大（已定级）"):
        assert said in read
    assert E.CORRECTION not in {c.element for c in changes}, "nothing to correct is no change"


def test_a_draft_says_that_it_is_one(record: Record, now: datetime) -> None:
    put_grave(record, at=now)
    draft = one(record, keeper(record).look(now)[0])
    read = pages(report_pdf(draft, [], LIMITS))[0]
    assert "（未编号）" in read
    assert "（未签发）" in read


def test_an_exercise_is_marked_on_paper_and_in_the_name_of_the_file(
    record: Record, now: datetime
) -> None:
    put_grave(record, exercise=True, at=now)
    draft = one(record, keeper(record).look(now)[0])
    read = pages(report_pdf(draft, [], LIMITS))[0]
    assert read.startswith("【演练】")
    assert file_name(draft, "pdf").startswith("演练-首报")


def test_hostile_words_print_as_words(record: Record, officer: Actor, now: datetime) -> None:
    put_grave(record, place=HOSTILE.replace("\0", ""), at=now)
    draft = keeper(record).look(now)[0]
    fill(record, officer, draft, {E.COURSE: HOSTILE}, now)
    report = one(record, draft)
    assert "<script>alert(1)</script>=HYPERLINK()" in pages(report_pdf(report, [], LIMITS))[0]
    assert "<script>" not in file_name(report, "docx")
    assert "<script>alert(1)</script>=HYPERLINK()" in words(report_word(report, [], LIMITS))


# ── zero report and brief ─────────────────────────────────────────────────────────────────────


def test_a_quiet_day_makes_a_zero_report(record: Record, officer: Actor, now: datetime) -> None:
    day = one(record, make_day(record, officer, ReportStage.ZERO, limits=LIMITS, at=now))
    assert day.status is ReportStatus.DRAFT
    assert day.elements[E.PERIOD] == "2026年11月21日09时00分至2026年11月22日09时00分"
    assert "无新立事件" in day.elements[E.OVERVIEW]
    assert "无较大以上突发事件" in day.elements[E.OVERVIEW]
    assert day.elements[E.INCIDENTS] == "无"


def test_the_zero_report_of_a_day_is_made_once(
    record: Record, officer: Actor, now: datetime
) -> None:
    make_day(record, officer, ReportStage.ZERO, limits=LIMITS, at=now)
    with pytest.raises(NotAllowed, match=r"11月22日的零报告已经有了"):
        make_day(record, officer, ReportStage.ZERO, limits=LIMITS, at=now)
    make_day(record, officer, ReportStage.BRIEF, limits=LIMITS, at=now)
    tomorrow = date(2026, 11, 23)
    make_day(record, officer, ReportStage.ZERO, limits=LIMITS, day=tomorrow, at=now)
    with pytest.raises(NotAllowed, match="还没有开始"):
        make_day(record, officer, ReportStage.ZERO, limits=LIMITS, day=date(2026, 11, 25), at=now)


def test_the_brief_names_the_day_and_counts_no_exercise(
    record: Record, officer: Actor, chief: Actor, now: datetime
) -> None:
    at = now - timedelta(hours=8)
    put_grave(record, number="20261122-0007", at=at)
    put_grave(record, number="20261122-0008", exercise=True, at=at)
    day = make_day(record, officer, ReportStage.BRIEF, limits=LIMITS, at=now)
    said = one(record, day).elements
    assert "新立事件1起" in said[E.OVERVIEW]
    assert "死亡3人" in said[E.OVERVIEW]
    assert "20261122-0007" in said[E.INCIDENTS]
    assert "20261122-0008" not in said[E.INCIDENTS]
    late = "系统停机检修"
    done = signed(record, day, officer, chief, now, late)
    assert done.number == "连应急值班〔2026〕第1号"
    assert "值班日报" in pages(report_pdf(done, [], LIMITS))[0]


BEIJING = ZoneInfo("Asia/Shanghai")
SUNDAY = datetime(2026, 11, 22, tzinfo=BEIJING)


def began(record: Record, at: datetime) -> None:
    """Something was done here before."""
    with record.write(at) as w:
        w.log.add("甲（值班员）", "note", "值班", after={})


def test_the_zero_report_and_the_brief_are_drafted_by_themselves_when_their_hour_has_come(
    record: Record,
) -> None:
    began(record, SUNDAY)
    eight, nine = SUNDAY.replace(hour=8), SUNDAY.replace(hour=9)
    assert open_days(record, LIMITS, eight - MIN) == [], "before it began nobody owed one"
    (brief,) = open_days(record, LIMITS, eight)
    assert open_days(record, LIMITS, nine - MIN) == [], "once"
    (zero,) = open_days(record, LIMITS, nine)
    assert (one(record, brief).name, one(record, zero).name) == ("值班日报", "零报告")
    assert one(record, zero).written_due_at == nine + 60 * MIN
    assert "至2026年11月22日09时00分" in one(record, zero).elements[E.PERIOD]
    clocks = read_clocks(Path(__file__).parents[1] / "data")
    with record.read() as cx:
        run = [r for r in running(cx, nine, clocks) if r.about_id == zero]
    assert [(r.rule_id, r.due_at) for r in run] == [("report_written", nine + 60 * MIN)]
    assert run[0].who == "零报告（11-22）"


def test_a_day_by_hand_or_withdrawn_is_not_drafted_again(
    record: Record, officer: Actor, chief: Actor
) -> None:
    began(record, SUNDAY)
    seven, nine = SUNDAY.replace(hour=7), SUNDAY.replace(hour=9)
    make_day(record, officer, ReportStage.ZERO, limits=LIMITS, at=seven)
    (brief,) = open_days(record, LIMITS, nine)
    withdraw(record, chief, brief, 1, "由上级统一报送", at=nine)
    assert open_days(record, LIMITS, nine + MIN) == []


def test_what_happened_after_a_report_made_early_stands_in_the_next(
    record: Record, officer: Actor
) -> None:
    began(record, SUNDAY)
    make_day(record, officer, ReportStage.ZERO, limits=LIMITS, at=SUNDAY.replace(hour=7))
    put_grave(record, number="20261122-0011", at=SUNDAY.replace(hour=8, minute=30))
    monday = SUNDAY.replace(day=23, hour=9)
    (zero,) = (
        i for i in open_days(record, LIMITS, monday) if one(record, i).stage is ReportStage.ZERO
    )
    assert "20261122-0011" in one(record, zero).elements[E.INCIDENTS]


def test_who_was_away_for_days_owes_the_last_one_and_it_is_late(record: Record) -> None:
    began(record, SUNDAY - timedelta(days=6))
    noon = SUNDAY.replace(hour=12)
    opened = [one(record, i) for i in open_days(record, LIMITS, noon)]
    assert [r.name for r in opened] == ["零报告", "值班日报"]
    assert all(r.written_due_at and r.written_due_at < noon for r in opened)


def command(url: str, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "linkage", "report", *words],
        env={"LINKAGE_DATABASE_URL": url, "PATH": ""},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_by_command_a_day_is_made_listed_and_printed(
    record: Record, database_url: str, tmp_path: Path
) -> None:
    made = command(database_url, "zero", "--day", "2026-11-20", "--by", "甲")
    assert made.returncode == 0, made.stderr
    again = command(database_url, "zero", "--day", "2026-11-20")
    assert again.returncode == 1
    assert "已经有了" in again.stderr
    listed = command(database_url, "list").stdout
    assert "零报告" in listed
    assert "已超时" in listed
    number = listed.split("\t")[0]
    printed = command(database_url, "print", number, "--folder", str(tmp_path))
    assert printed.returncode == 0, printed.stderr
    file = next(tmp_path.glob("零报告-*.pdf"))
    assert "零报告" in pages(file.read_bytes())[0]
    assert command(database_url, "print", "999999").returncode == 1
