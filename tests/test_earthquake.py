"""Quakes as the networks, their sites and relays tell them; which of two reports stands."""

import json
from contextlib import suppress
from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ingest.decode import read_alert
from linkage.alerts import Alert, Unreadable
from linkage.intake.arrivals import Several
from linkage.intake.take_in import Intake
from linkage.kinds import Kind
from linkage.record import Record
from linkage.sources import Source, load_sources
from linkage.tables import alert as alert_table
from linkage.tables import incident
from linkage.vocabulary import Certainty, Outcome, Severity
from tests.test_intake import rows
from tests.test_order_of_arrival import QUAKE, REGISTRY, SETTINGS, read_rules, send

CENC = load_sources(Path(__file__).parents[1] / "sources.toml")["earthquake"]
AT = datetime(2026, 8, 20, 4, 0, tzinfo=UTC)


def parts(form: object, source: Source = CENC) -> list[object]:
    said = read_alert(json.dumps(form, ensure_ascii=False).encode(), source, AT)
    return list(said.parts) if isinstance(said, Several) else [said]


def one(form: object, source: Source = CENC) -> Alert:
    (part,) = parts(form, source)
    assert isinstance(part, Alert)
    return part


# As published, with another place.
SITE = {
    "id": 20260820110000,
    "uniEventId": "CC1787194800000",
    "oriTime": "2026-08-20 11:00:00",
    "locName": "江苏连云港市海州区",
    "epiLon": 119.199997,
    "epiLat": 34.599998,
    "focDepth": 10,
    "magType": "Ms",
    "magnitude": 4.2,
    "epiIntensity": 0,
    "eqType": "CC",
    "gmtCreate": "2026-08-20 11:08:24",
    "gmtUpdate": None,
    "isDeleted": 0,
}
RELAY = {
    "type": "update",
    "source": "cenc",
    "Data": {
        "id": 45714,
        "eventId": "CC.20260820110000.000_M",
        "autoFlag": "M",
        "shockTime": "2026-08-20 11:00:00",
        "longitude": 119.2,
        "latitude": 34.6,
        "placeName": "江苏连云港市海州区",
        "magnitude": 4.2,
        "createTime": "2026-08-20 11:08:24",
        "depth": 10,
        "earthtype": 4,
        "infoTypeName": "[正式测定]",
    },
    "md5": "e244cab43590126c54d7f6daee126a03",
}
NUMBERED = {
    "type": "reviewed",
    "EventID": "CC.20260820110000.000",
    "time": "2026-08-20 11:00:00",
    "ReportTime": "2026-08-20 11:08:24",
    "location": "江苏连云港市海州区",
    "magnitude": "4.2",
    "depth": "10",
    "latitude": "34.6",
    "longitude": "119.2",
    "intensity": "5",
}
EARLY = {
    "ID": "bt5mdn4pakzyo",
    "EventID": "202608201100.0001",
    "ReportTime": "2026-08-20 11:00:10",
    "ReportNum": 1,
    "OriginTime": "2026-08-20 11:00:00",
    "HypoCenter": "江苏连云港市海州区",
    "Latitude": 34.6,
    "Longitude": 119.2,
    "Magnitude": 4.2,
    "Depth": None,
    "MaxIntensity": 5.6,
}


@pytest.mark.parametrize(
    "form", [{"code": 0, "data": [SITE]}, RELAY, {"No1": NUMBERED, "md5": "x"}], ids="srn"
)
def test_one_quake_is_the_same_under_the_names_of_site_and_relays(form: dict[str, Any]) -> None:
    said = one(form)
    assert said.occurred_at == datetime(2026, 8, 20, 3, tzinfo=UTC)
    assert said.headline == "江苏连云港市海州区 4.2级地震"
    assert said.area_code == "320706"
    assert said.certainty is Certainty.OBSERVED
    assert said.facts["depth_km"] == 10
    assert said.revision == int(datetime(2026, 8, 20, 3, 8, 24, tzinfo=UTC).timestamp())


def test_an_early_warning_is_automatic_and_its_intensity_a_fact() -> None:
    said = one(EARLY)
    assert said.source_ref == "202608201100.0001"
    assert (said.facts["review"], said.facts["intensity"]) == ("自动", 5.6)


def test_a_feature_of_geojson_is_read_where_its_source_says_how_it_writes_time() -> None:
    kinds = {**CENC.kinds, "earthquake": CENC.kinds["eq"], "quarry blast": CENC.kinds["ep"]}
    usgs = msgspec.structs.replace(CENC, time_format="epoch-ms", kinds=kinds)

    def feature(**properties: Any) -> dict[str, Any]:
        told = {"mag": 5.9, "place": "168km WSW of Sungaipenuh", "time": 1787194800000}
        more = {"updated": 1787195800000, "status": "reviewed", "type": "earthquake"}
        where = {"type": "Point", "coordinates": [100.0972, -2.8943, 10]}
        return {"properties": {**told, **more, **properties}, "geometry": where, "id": "us2000jccs"}

    features = [feature(magType="mb"), feature(type="quarry blast"), feature(status="deleted")]
    quake, blast, gone = parts({"type": "FeatureCollection", "features": features}, usgs)
    assert isinstance(quake, Alert)
    assert (quake.facts["magnitude_scale"], quake.facts["depth_km"]) == ("mb", 10)
    assert quake.facts["epicentre_km"] == 4623
    assert isinstance(blast, Alert)
    assert blast.kind is Kind.OTHER
    assert isinstance(gone, Alert)
    assert gone.message_kind == "cancel"


def test_the_distance_is_over_the_globe_and_of_the_place_that_was_meant() -> None:
    assert one({**SITE, "epiLon": -175.2, "epiLat": -18.7}).facts["epicentre_km"] == 9111
    assert one({**SITE, "epiLon": 34.6, "epiLat": 119.2}).facts["epicentre_km"] == 1
    nowhere = one({**SITE, "epiLon": 0, "epiLat": 0, "magnitude": 7.2})
    assert "epicentre_km" not in nowhere.facts
    assert nowhere.severity is Severity.EXTREME


@pytest.mark.parametrize("word", ["疑爆", "矿震", "塌陷"])
def test_a_place_that_speaks_of_a_blast_is_no_quake(word: str) -> None:
    """P35: 盖州市(疑爆), with the type of a quake"""
    said = one({**QUAKE, "LOCATION_C": f"辽宁营口市盖州市({word})"})
    assert said.kind is not Kind.EARTHQUAKE
    assert said.severity is Severity.MINOR
    assert one({**QUAKE, "LOCATION_C": "江苏连云港市（东部）"}).kind is Kind.EARTHQUAKE


def test_a_blast_in_words_that_no_table_has_is_refused_with_the_line_to_add() -> None:
    """P35: it must not ring as a quake"""
    with pytest.raises(Unreadable, match='"疑似非天然" = …'):
        one({**QUAKE, "LOCATION_C": "盖州市(疑似非天然)"})


def test_a_refusal_names_the_field_as_the_payload_has_it() -> None:
    wrong = {**RELAY, "Data": {**RELAY["Data"], "autoFlag": "Z"}}
    with pytest.raises(Unreadable) as refused:
        one(wrong)
    assert refused.value.field == "autoFlag"
    assert refused.value.reason.startswith("autoFlag：")
    many = parts({"No1": NUMBERED, "No2": {**NUMBERED, "time": "x"}, "No3": 5})
    assert [type(part) for part in many] == [Alert, Unreadable, Unreadable]


JUNK = (
    None,
    True,
    -1,
    1e308,
    10**30,
    "",
    "x",
    [],
    {},
    [1],
    {"a": 1},
    "(疑爆)",
    "[自动测定]",
)
FORMS = {"site": SITE, "relay": RELAY["Data"], "list": NUMBERED, "early": EARLY, "cenc": QUAKE}


@pytest.mark.parametrize("name", FORMS)
def test_anything_under_any_key_is_read_or_refused(name: str) -> None:
    """P06: wrong types in every place"""
    for key in [*FORMS[name], "M_MS", "IS_DEL", "Data", "properties", "No1"]:
        for junk in JUNK:
            with suppress(Unreadable):
                parts({**FORMS[name], key: junk})


FLAGS = {"automatic": ("A", "4.3"), "automatic again": ("A", "4.4"), "formal": ("M", "4.1")}


@pytest.fixture
def intake(record: Record) -> Intake:
    return Intake(record, read_rules(SETTINGS, REGISTRY))


@pytest.mark.parametrize("order", list(permutations(FLAGS)), ids=lambda order: order[0])
def test_without_a_time_of_saving_the_formal_report_stands_in_any_order(
    intake: Intake, record: Record, now: datetime, order: tuple[str, ...]
) -> None:
    """T08: an automatic report that comes late replaces no formal one"""
    for said in order:
        flag, magnitude = FLAGS[said]
        form = {**QUAKE, "id": f"CC.20260806093012.000_{flag}", "AUTO_FLAG": flag, "M": magnitude}
        assert send(intake, "earthquake", form, now).status is Outcome.STORED
    assert len(rows(record, alert_table)) == 3
    (found,) = rows(record, incident)
    assert "4.1级" in found.headline


def test_formal_reports_follow_each_other_as_they_come(
    intake: Intake, record: Record, now: datetime
) -> None:
    for magnitude in ("4.1", "4.2", "4.3", "4.0"):
        form = {**QUAKE, "AUTO_FLAG": "M", "M": magnitude}
        assert send(intake, "earthquake", form, now).status is Outcome.STORED
    assert send(intake, "earthquake", form, now).status is Outcome.DUPLICATE
    (found,) = rows(record, incident)
    assert "4.0级" in found.headline
