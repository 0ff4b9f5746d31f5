"""An alert as the bytes its source would send: what `ingest.decode` reads, written."""

import json
from collections.abc import Callable
from datetime import datetime
from xml.sax.saxutils import escape

from ingest.simulate import forms
from linkage.alerts import Alert
from linkage.record import BEIJING
from linkage.sources import Source

_FORMS: dict[str, Callable[[Alert, Source], forms.Form]] = {
    "police-cad": forms.police_cad,
    "fire-cad": forms.fire_cad,
    "ems-cad": forms.ems_cad,
    "earthquake": forms.earthquake,
    "mapped-json": forms.mapped_json,
}
_CAP = """\
<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2">
<identifier>{identifier}</identifier><sender>{sender}</sender><sent>{sent}</sent>
<status>{status}</status><msgType>{does}</msgType><scope>Public</scope>
{references}<info><language>zh-CN</language><category>{category}</category>
<event>{event}</event><responseType>Prepare</responseType><urgency>{urgency}</urgency>
<severity>{severity}</severity><certainty>Likely</certainty>
<eventCode><valueName>GB/T 35561</valueName><value>{code}</value></eventCode>
<effective>{effective}</effective><expires>{expires}</expires>
<senderName>{sender_name}</senderName><headline>{headline}</headline>
<description>{text}</description>
{areas}</info></alert>
"""
_AREA = (
    "<area><areaDesc>连云港市</areaDesc><geocode><valueName>CPEAS Geographic Code</valueName>"
    "<value>{code}000000</value></geocode></area>"
)
# The severity that the CMA profile pairs with each colour.
_SEVERITY = {"red": "Extreme", "orange": "Severe", "yellow": "Moderate", "blue": "Minor"}
_URGENCY = {"red": "Immediate", "orange": "Immediate", "yellow": "Expected", "blue": "Future"}


def write_alert(alert: Alert, source: Source) -> bytes:
    if alert.is_warning:
        return write_cap(alert, source).encode(source.charset)
    form = _FORMS[source.dialect](alert, source)
    stated = {name: value for name, value in form.items() if value is not None and value != ""}
    text = json.dumps(stated, ensure_ascii=False, separators=(",", ":"))
    return text.encode(source.charset)


def write_cap(alert: Alert, source: Source) -> str:
    colour = str(alert.warning_colour)
    sender = alert.source_ref.partition("_")[0]
    named = " ".join(f"{sender},{ref},{_time(alert.occurred_at)}" for _, ref in alert.references)
    return _CAP.format(
        identifier=alert.source_ref,
        sender=sender,
        sent=_time(alert.sent_at or alert.occurred_at),
        status="Exercise" if alert.exercise else "Actual",
        does=alert.message_kind.capitalize(),
        references=f"<references>{named}</references>" if named else "",
        category="Met",
        event=escape(forms.word_of(alert, source)),
        urgency=_URGENCY[colour],
        severity=_SEVERITY[colour],
        code=alert.event_code,
        effective=_time(alert.occurred_at),
        expires=_time(alert.expires_at or alert.occurred_at),
        sender_name=escape(source.name),
        headline=escape(alert.headline),
        text=escape(alert.text),
        areas="".join(_AREA.format(code=code) for code in alert.area_codes),
    )


def _time(at: datetime) -> str:
    return at.astimezone(BEIJING).isoformat(timespec="seconds")
