"""One quake under other names: relays and sites of the networks, put into the catalogue's words.

The forms are told apart by keys that only they have: the site of the national network (`oriTime`),
FAN Studio (`shockTime`), the numbered list of Wolfx (`EventID`, `time`), early warnings
(`OriginTime`, `HypoCenter`) and GeoJSON features as the USGS has them.
"""

from typing import Any, NamedTuple

from ingest.json_form import Form

_SCALES = frozenset({"Ms", "Mw", "ML", "mb", "MS", "MW"})


class _Names(NamedTuple):
    """`theirs`: our key → theirs, the first that says something. `unsaid`: what goes without."""

    marks: tuple[str, ...]
    theirs: dict[str, tuple[str, ...]]
    unsaid: dict[str, str]


def _names(marks: tuple[str, ...], unsaid: dict[str, str], **theirs: str) -> _Names:
    return _Names(marks, {ours: tuple(key.split()) for ours, key in theirs.items()}, unsaid)


_QUAKE, _EARLY = {"EQ_TYPE": "eq"}, {"EQ_TYPE": "eq", "AUTO_FLAG": "A"}
_PLACED = {"EPI_LAT": "latitude", "EPI_LON": "longitude", "EPI_DEPTH": "depth"}
_FORMS = (
    _names(
        ("oriTime", "locName"),
        {**_QUAKE, "AUTO_FLAG": "M"},  # the site shows what has been determined
        id="uniEventId id",
        O_TIME="oriTime",
        SAVE_TIME="gmtUpdate gmtCreate",
        EPI_LAT="epiLat",
        EPI_LON="epiLon",
        EPI_DEPTH="focDepth",
        M="magnitude",
        LOCATION_C="locName",
        intensity="epiIntensity",
        IS_DEL="isDeleted",
    ),
    _names(
        ("shockTime", "placeName"),
        _EARLY,
        id="eventId id",
        O_TIME="shockTime",
        SAVE_TIME="updateTime createTime",
        M="magnitude",
        LOCATION_C="placeName",
        AUTO_FLAG="autoFlag infoTypeName",
        intensity="epiIntensity",
        **_PLACED,
    ),
    _names(
        ("EventID", "time"),
        _QUAKE,
        id="EventID",
        O_TIME="time",
        SAVE_TIME="ReportTime",
        M="magnitude",
        LOCATION_C="placeName location",
        AUTO_FLAG="type",
        intensity="intensity",
        **_PLACED,
    ),
    _names(
        ("OriginTime", "HypoCenter"),
        _EARLY,
        id="EventID ID",
        O_TIME="OriginTime",
        SAVE_TIME="ReportTime",
        EPI_LAT="Latitude",
        EPI_LON="Longitude",
        EPI_DEPTH="Depth",
        M="Magnitude Magunitude",
        LOCATION_C="HypoCenter",
        intensity="MaxIntensity",
    ),
    _names(
        ("mag", "place"),
        {},
        id="id",
        O_TIME="time",
        SAVE_TIME="updated",
        M="mag",
        LOCATION_C="place",
        AUTO_FLAG="status",
        EQ_TYPE="type",
        **_PLACED,
    ),
)


class Told(NamedTuple):
    """A quake in the catalogue's words. `theirs`: our key → the key of the payload, for reasons."""

    form: Form
    theirs: dict[str, str]


def listed(form: Form) -> list[Any]:
    """What stands under No1, No2 …, as Wolfx numbers the records of its list."""
    numbered = [key for key in form if key[:2] == "No" and key[2:].isdecimal()]
    return [form[key] for key in sorted(numbered, key=lambda key: int(key[2:12]))]


def told(form: Form) -> Told:
    """The record, out of the envelope or the feature that it stands in."""
    inner = form.get("Data")
    if type(inner) is dict:
        form = inner
    if type(form.get("properties")) is dict:
        form = _feature(form)
    for names in _FORMS:
        if all(mark in form for mark in names.marks):
            return _told(form, names)
    return Told(form, {})


def _told(form: Form, names: _Names) -> Told:
    theirs = {
        ours: next((key for key in keys if not _blank(form.get(key))), keys[0])
        for ours, keys in names.theirs.items()
    }
    found: Form = {ours: form.get(key) for ours, key in theirs.items()}
    for ours, usual in names.unsaid.items():
        if _blank(found.get(ours)):
            found[ours] = usual
    if str(found.get("intensity")) == "0":
        del found["intensity"]  # was not determined
    scale = form.get("magType")
    if type(scale) is str and scale in _SCALES and type(found["M"]) in {float, int, str}:
        found["M"] = f"{scale}{found['M']}"
    if found.get("AUTO_FLAG") == "deleted":
        found |= {"AUTO_FLAG": "M", "IS_DEL": 1}
    return Told({**found, "exercise": form.get("exercise")}, theirs)


def _blank(value: object) -> bool:
    return value is None or value == ""


def _feature(form: Form) -> Form:
    """GeoJSON: longitude first, then latitude, then the depth."""
    geometry = form.get("geometry")
    corners = geometry.get("coordinates") if type(geometry) is dict else None
    flat = {**form["properties"], "id": form.get("id")}
    if type(corners) is list:
        flat |= dict(zip(("longitude", "latitude", "depth"), corners, strict=False))
    return flat
