"""When certificates end: told a month, a week and a day before, while there is time to renew."""

import base64
import binascii
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from ingest.address import Address
from linkage.own_state import CERTIFICATES, set_service
from linkage.record import UNAVAILABLE, Record

LOOK_EVERY_S = 3_600.0
_PEM = re.compile(r"-----BEGIN CERTIFICATE-----(.+?)-----END CERTIFICATE-----", re.DOTALL)
# Days left, and how it is shown. RFC 5280, 4.1.2.5: the last day itself is still valid.
_STEPS = ((0.0, "ended", "已过期"), (1.0, "red", "1 天内到期"), (7.0, "amber", "7 天内到期"))
_NOTICE = (30.0, "notice", "30 天内到期")
_VERSION = 0xA0
_UTC_TIME, _GENERAL_TIME = 0x17, 0x18


log = logging.getLogger(__name__)


class Expiry(msgspec.Struct, frozen=True, kw_only=True):
    """`light`: well, notice, amber, red, ended."""

    light: str
    why: str


def judge(name: str, ends_at: datetime, now: datetime) -> Expiry:
    left = (ends_at - now) / timedelta(days=1)
    for days, light, words in (*_STEPS, _NOTICE):
        if left <= days:
            day = ends_at.astimezone(UTC)
            remedy = "请向发证单位申请换发，放好文件后重启接入"
            return Expiry(light=light, why=f"{name} {words}（{day:%Y-%m-%d %H:%M} UTC）；{remedy}")
    return Expiry(light="well", why="")


def ends_at(pem: Path) -> datetime:
    """Of the certificates in the file, the first end. Raises ValueError if there is none."""
    found = [_end_of(base64.b64decode(one)) for one in _PEM.findall(pem.read_text("ascii"))]
    return min(found)


def _end_of(der: bytes) -> datetime:
    """notAfter of one certificate, RFC 5280, 4.1: serial, algorithm, issuer, then the validity."""
    (_, certificate), *_ = _parts(der)
    (_, signed), *_ = _parts(certificate)
    fields = [part for part in _parts(signed) if part[0] != _VERSION]
    _, (kind, text) = _parts(fields[3][1])
    form = {_UTC_TIME: "%y%m%d%H%M%SZ", _GENERAL_TIME: "%Y%m%d%H%M%SZ"}[kind]
    return datetime.strptime(text.decode("ascii"), form).replace(tzinfo=UTC)


def _parts(der: bytes) -> Iterator[tuple[int, bytes]]:
    """The elements of a DER sequence: tag and content."""
    at = 0
    while at < len(der):
        tag, length = der[at], der[at + 1]
        at += 2
        if length & 0x80:
            octets = length & 0x7F
            length = int.from_bytes(der[at : at + octets], "big")
            at += octets
        yield tag, der[at : at + length]
        at += length


class CertificateWatch:
    """`look` between batches: once an hour it leaves the light where the screens see it."""

    def __init__(self, record: Record, address: Address) -> None:
        self._record = record
        named = (("本机客户端证书", address.certificate), ("CA 证书", address.ca))
        self._files = [(name, Path(file)) for name, file in named if file]
        self._next = float("-inf")

    def look(self, now: float) -> bool:
        if not self._files or now < self._next:
            return False
        self._next = now + LOOK_EVERY_S
        at = datetime.now(UTC)
        found = [judge(name, end, at) for name, file in self._files if (end := _read(file))]
        worst = max(found, key=lambda one: _ORDER.index(one.light), default=None)
        if worst is None:
            return False
        if worst.why:
            log.warning(worst.why)
        try:
            with self._record.write(at) as w:
                set_service(w, CERTIFICATES, at, {"light": worst.light, "why": worst.why})
        except UNAVAILABLE:
            self._next = now + 60
        return False


_ORDER = ("well", "notice", "amber", "red", "ended")


def _read(file: Path) -> datetime | None:
    try:
        return ends_at(file)
    except (OSError, ValueError, KeyError, IndexError, binascii.Error):
        log.warning("读不出证书 %s 的有效期", file)
        return None
