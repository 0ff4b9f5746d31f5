"""The second language and Streamlit's own words, as a browser reads them."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from linkage.areas import AREAS
from linkage.response.agencies import load_agencies
from linkage.sources import load_sources
from tests.patience import not_for_ever

ROOT = Path(__file__).parents[2]
LAYER = ROOT / "dashboard" / "live_layer"
ENTRIES = {
    "火灾": "Fire",
    "已签收": "acknowledged",
    "超时": "late",
    "{} 分钟前": "{0} min ago",
    "{} 由{}终止": "ended by {1} at {0}",
    "值班长": "Duty chief",
    "{}，请与报警人或现场核对": "{0}; check with the caller or on the spot",
    "位置未知": "Position unknown",
    "超时{}{}": "{1}: late by {0}",
    "{}分{}秒": "{0} min {1} s",
    "未签收": "not acknowledged",
    "消防": "Fire brigade",
    "{}还剩{}": "{0}: {1} left",
    "{}超时{}{}": "{0}: {2}, {1} late",
    "事件": "Incident",
    "{}超时{}{}（{}）": "{0}: {2}, {1} late ({3})",
    "{}（事件 {}）": "{0} (incident {1})",
    "{}秒": "{0} s",
    "反馈": "Report back",
    "未送达": "Not delivered",
    "守时停走": "Timekeeping stopped",
    "已停，请启动（{}）": "It stands still; start it ({0})",
}


@pytest.fixture(scope="module")
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page()
    opened.set_content("<p></p>")
    script = (LAYER / "words.js").read_text("utf-8")
    opened.evaluate(script.replace("document.currentScript.src", '"about:blank"'))
    yield opened
    opened.close()


def read(page: Page, text: str, foreign: str = "[\\u3400-\\u9fff]") -> str:
    said = page.evaluate(
        "([entries, text, foreign]) =>"
        " new Linkage.Catalogue(entries, new RegExp(foreign)).read(text)",
        [ENTRIES, text, foreign],
    )
    return str(said)


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("火灾", "Fire"),
        (" 火灾 ", " Fire "),
        ("3 分钟前", "3 min ago"),
        ("14:07:03 由丙（值班长）终止", "ended by 丙（值班长） at 14:07:03"),
        ("已签收 2，超时 1", "acknowledged 2, late 1"),
        ("火灾、超时", "Fire, late"),
        (
            "位置未知，请与报警人或现场核对。",
            "Position unknown; check with the caller or on the spot.",
        ),
        ("解放路一栋楼火灾", "解放路一栋楼火灾"),
        ("超时24分5秒未签收", "not acknowledged: late by 24 min 5 s"),
        ("反馈还剩26分56秒", "Report back: 26 min 56 s left"),
        ("未送达 3分3秒", "Not delivered 3 min 3 s"),
        ("超时13分0秒", "超时13分0秒"),  # no seconds are torn from their number
        ("事件 20261123-0001反馈还剩1分6秒", "Incident 20261123-0001 Report back: 1 min 6 s left"),
        (
            "守时停走：已停，请启动（ingest）",
            "Timekeeping stopped: It stands still; start it (ingest)",
        ),
        ("消防　已签收", "Fire brigade · acknowledged"),
        ("Fire 3", "Fire 3"),
        ("${alert(1)}火灾", "${alert(1)}火灾"),
        ("$& 分钟前", "$& min ago"),
        # Sentences and clauses are parted before what stands within them.
        (
            "消防（事件 20261123-0001）超时9秒未签收（值班长）",
            "Fire brigade (incident 20261123-0001): not acknowledged, 9 s late (Duty chief)",
        ),
        # Facts in a row: what the record says between them stays.
        ("翻车 · 3 分钟前 · 环城路 · 火灾", "翻车 · 3 min ago · 环城路 · Fire"),
        ("张三 · 李四", "张三 · 李四"),
    ],
)
def test_what_we_say_is_read_and_what_the_record_says_stays(
    page: Page, said: str, heard: str
) -> None:
    assert read(page, said) == heard


@pytest.mark.parametrize("said", ["超时", "人", "由", "（", "火灾、", "事件 1，", " 至 ", "1分"])
@pytest.mark.parametrize("length", [60, 900, 60_000])
def test_a_caller_who_says_our_words_over_and_over_stops_no_desk(
    page: Page, said: str, length: int
) -> None:
    """D01: forty such signs stopped the page of who reads English, for good."""
    entries = json.loads((LAYER / "en.json").read_text("utf-8"))
    with not_for_ever(20):
        page.evaluate(
            "([entries, text]) => new Linkage.Catalogue(entries, /[\\u3400-\\u9fff]/).read(text)",
            [entries, said * (length // len(said))],
        )


def test_what_is_chosen_in_a_list_is_read_until_somebody_types_there(page: Page) -> None:
    page.evaluate(
        """(entries) => {
          document.body.innerHTML =
            "<p><input role=combobox value=火灾></p><p><input role=combobox value=丙></p>";
          const words = new Linkage.Catalogue(entries, /[\\u3400-\\u9fff]/);
          new Linkage.Reader(document.body, words);
        }""",
        ENTRIES,
    )
    field = page.locator("input").first
    assert drawn_over(page) == ["Fire", ""]
    field.evaluate("(field) => field.setAttribute('value', '超时')")
    page.wait_for_function("document.querySelector('p').dataset.said === 'late'")
    field.focus()
    assert drawn_over(page) == ["", ""]
    assert field.input_value() == "超时"


def drawn_over(page: Page) -> list[str]:
    return page.evaluate(
        "[...document.querySelectorAll('p')].map((each) =>"
        " getComputedStyle(each, '::after').content.replace(/^none$|\"/g, ''))"
    )


def test_every_agency_system_and_district_has_an_english_name() -> None:
    names = json.loads((LAYER / "en_names.json").read_text("utf-8"))
    ours = {each.name for each in load_agencies(ROOT / "data" / "agencies.toml").values()}
    ours |= {each.name for each in load_sources(ROOT / "sources.toml").values()}
    assert (ours | set(AREAS.values())) - set(names) == set()


def test_what_a_clock_awaits_and_what_is_reported_has_its_english() -> None:
    names = json.loads((LAYER / "en_names.json").read_text("utf-8"))
    names |= json.loads((LAYER / "en.json").read_text("utf-8"))
    clocks = tomllib.loads((ROOT / "data" / "clocks.toml").read_text("utf-8"))["clock"]
    said = {each["awaits"] for each in clocks}
    said |= {each.get("late", f"未{each['awaits']}") for each in clocks}
    limits = tomllib.loads((ROOT / "data" / "report_limits.toml").read_text("utf-8"))
    said |= {each["name"] for each in limits["domain"]}
    assert said - set(names) == set()


def test_streamlits_own_words_are_chinese(page: Page) -> None:
    entries = json.loads((LAYER / "zh.json").read_text("utf-8"))
    read_as = page.evaluate(
        "([entries, text]) => new Linkage.Catalogue(entries, /[A-Za-z]{2}/).read(text)",
        [entries, "5MB per file"],
    )
    assert read_as == "每个文件不超过 5MB"


def test_a_page_that_changes_under_the_reader_is_read_anew(page: Page) -> None:
    page.evaluate(
        """(entries) => {
          document.body.innerHTML =
            "<p id=a>火灾</p><input id=b placeholder='超时'><textarea>火灾</textarea>";
          const words = new Linkage.Catalogue(entries, /[\\u3400-\\u9fff]/);
          new Linkage.Reader(document.body, words);
        }""",
        ENTRIES,
    )
    assert page.inner_text("#a") == "Fire"
    assert page.get_attribute("#b", "placeholder") == "late"
    assert page.input_value("textarea") == "火灾"
    page.evaluate("document.querySelector('#a').firstChild.nodeValue = '8 分钟前'")
    page.wait_for_function("document.querySelector('#a').textContent === '8 min ago'")
    page.evaluate(
        "document.body.append(Object.assign(document.createElement('b'), {textContent: '已签收'}))"
    )
    page.wait_for_function("document.querySelector('b').textContent === 'acknowledged'")
