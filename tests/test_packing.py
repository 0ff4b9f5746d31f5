"""Readings are kept in few bytes and come back as they were."""

from datetime import timedelta

from hypothesis import given
from hypothesis import strategies as st

from linkage.readings.packing import CODES, PACK, SIZE, Sample, has, in_order, one, pack, unpack
from linkage.readings.packing import waiting as waiting_in
from linkage.vocabulary import Quality

SAMPLES = st.lists(
    st.builds(
        Sample,
        st.integers(0, 2**41),
        st.none() | st.floats(allow_nan=False),
        st.sampled_from(list(Quality)),
    ),
    min_size=1,
    max_size=40,
)


def test_every_flag_has_a_number_of_its_own() -> None:
    assert sorted(CODES.values()) == list(range(len(Quality)))


@given(SAMPLES)
def test_what_is_packed_comes_back_in_order_of_time(samples: list[Sample]) -> None:
    recent = b"".join(one(*sample) for sample in samples)
    assert waiting_in(recent) == samples
    packed = pack(recent)
    assert unpack(packed.first_ms, packed.data) == sorted(samples, key=lambda s: s.ms)
    assert packed.last_ms == max(sample.ms for sample in samples)


@given(SAMPLES, SAMPLES)
def test_a_reading_that_waits_already_is_known(samples: list[Sample], others: list[Sample]) -> None:
    recent = b"".join(one(*sample) for sample in samples)
    assert all(has(recent, one(*sample)) for sample in samples)
    for other in others:
        assert has(recent, one(*other)) == (one(*other) in {one(*sample) for sample in samples})


def test_a_minute_of_a_sensor_costs_a_few_bytes() -> None:
    step = int(timedelta(minutes=1).total_seconds() * 1000)
    recent = b"".join(
        one(1_790_000_000_000 + n * step, 12.3 + (n * 7 % 13) / 100, Quality.NORMAL)
        for n in range(PACK)
    )
    assert len(recent) == PACK * SIZE
    assert len(pack(recent).data) / PACK < 6


def test_of_two_values_for_one_moment_the_later_told_stands() -> None:
    first, second = Sample(5, 1.0, Quality.NORMAL), Sample(5, 2.0, Quality.NORMAL)
    assert in_order([first, Sample(3, 0.0, Quality.NORMAL), second]) == [
        Sample(3, 0.0, Quality.NORMAL),
        second,
    ]
