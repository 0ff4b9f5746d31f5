from datetime import timedelta
from pathlib import Path

from ingest.dialects import FRAME_DIALECTS as FRAME_READERS
from ingest.dialects import JSON_DIALECTS
from ingest.dialects import XML_DIALECTS as XML_READERS
from linkage.datum import Datum
from linkage.event_codes import EVENT_CODES
from linkage.kinds import Kind
from linkage.response.agencies import load_agencies
from linkage.sources import DATUMS, DIALECTS, FRAME_DIALECTS, XML_DIALECTS, load_sources
from linkage.vocabulary import Severity

ROOT = Path(__file__).parents[1]
SOURCES = load_sources(ROOT / "sources.toml")
NINETEEN = (
    *("110-cad", "119-cad", "120-cad", "122-cad", "health", "agriculture", "water"),
    *("environment", "weather", "earthquake", "police", "fire", "economy", "civil-affairs"),
    *("transport", "market", "work-safety", "telecom", "civil-defence"),
)


def test_all_nineteen_systems_are_there_in_the_order_of_the_file() -> None:
    assert tuple(SOURCES) == NINETEEN


def test_every_system_belongs_to_a_party_of_the_response() -> None:
    agencies = load_agencies(ROOT / "data" / "agencies.toml")
    assert set(load_sources(ROOT / "sources.toml", agencies)) == set(SOURCES)


def test_the_file_can_name_exactly_the_dialects_that_can_be_read() -> None:
    assert set(DIALECTS) == {*JSON_DIALECTS, *XML_READERS, *FRAME_READERS}
    assert set(XML_DIALECTS) == set(XML_READERS)
    assert set(FRAME_DIALECTS) == set(FRAME_READERS)


def test_the_file_can_name_exactly_the_datums_that_can_be_converted() -> None:
    assert set(DATUMS) == set(Datum)


def test_the_topic_follows_from_the_id() -> None:
    assert SOURCES["119-cad"].topic == "linkage/v1/alert/119-cad"


def test_a_source_states_how_long_it_may_be_silent() -> None:
    assert SOURCES["110-cad"].expect_every == timedelta(minutes=2)


def test_a_word_without_a_code_of_its_own_takes_the_code_of_its_kind() -> None:
    rule = SOURCES["110-cad"].kinds["030000"]
    assert (rule.kind, rule.event_code, rule.word) == (Kind.TRAFFIC_ACCIDENT, "12H99", "交通事故")


def test_a_finer_code_of_the_source_is_kept() -> None:
    assert SOURCES["110-cad"].kinds["030200"].event_code == "12H01"


def test_every_code_stands_in_the_standard() -> None:
    codes = {rule.event_code for s in SOURCES.values() for rule in s.kinds.values()}
    assert codes <= set(EVENT_CODES)


def test_the_fire_alarm_scale_rises_while_triage_falls_and_both_map_to_one_severity() -> None:
    fire, ems = SOURCES["119-cad"], SOURCES["120-cad"]
    worst_fire = max(fire.fire_alarm_levels, key=lambda k: fire.fire_alarm_levels[k])
    worst_patient = min(ems.triage_levels, key=lambda k: ems.triage_levels[k])
    assert fire.severities[worst_fire] is Severity.EXTREME
    assert ems.severities[worst_patient] is Severity.EXTREME


def test_no_system_may_speak_for_another() -> None:
    assert {"119-cad", "119"} <= SOURCES["110-cad"].others
    assert not {"110-cad", "110"} & SOURCES["110-cad"].others


def test_a_trial_sounding_is_never_real() -> None:
    assert SOURCES["civil-defence"].kinds["试鸣"].exercise
    assert not SOURCES["civil-defence"].kinds["空袭警报"].exercise
