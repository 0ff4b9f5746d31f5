"""Permission to read the live feed."""

import pytest

from dashboard import tickets


def test_a_ticket_we_minted_is_good_until_it_runs_out() -> None:
    ticket = tickets.mint(1000.0)
    assert tickets.good(ticket, 1000.0 + tickets.LIFE_S - 1)
    assert not tickets.good(ticket, 1000.0 + tickets.LIFE_S)


@pytest.mark.parametrize(
    "forged",
    [
        "",
        ".",
        "abc",
        "1600.",
        "9999999999.00",
        "-1.x",
        "\uff11\uff16.x",
        "1" * 40 + ".x",
        "1600.火灾",
    ],
)
def test_what_we_did_not_mint_is_refused(forged: str) -> None:
    assert not tickets.good(forged, 1000.0)


def test_a_ticket_cannot_be_made_to_last_longer() -> None:
    expires, _, seal = tickets.mint(1000.0).partition(".")
    assert not tickets.good(f"{int(expires) + 1}.{seal}", 1000.0)
