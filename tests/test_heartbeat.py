"""Any heartbeat is a sign of life, but for the one that says the system has gone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ingest.heartbeat import read_heartbeat
from ingest.registry import read_registry
from linkage.intake.arrivals import Offline
from linkage.settings import load_settings

POLICE = read_registry(load_settings({})).sources["110-cad"]


@pytest.mark.parametrize(
    "payload",
    [b"offline", b" OFFLINE\n", b'{"state":"offline"}', b'{"status": "Offline", "at": 1}'],
)
def test_a_last_will_says_offline(payload: bytes) -> None:
    assert isinstance(read_heartbeat(payload, POLICE), Offline)


@pytest.mark.parametrize(
    "payload",
    [b"", b"1", b"online", b'{"state":"online"}', b'{"state":1}', b"[]", b"\xff\xfe", b"x" * 5000],
)
def test_everything_else_is_life(payload: bytes) -> None:
    assert read_heartbeat(payload, POLICE) is None


@given(st.binary(max_size=2000))
def test_no_heartbeat_is_an_error(payload: bytes) -> None:
    assert read_heartbeat(payload, POLICE) is None or payload
