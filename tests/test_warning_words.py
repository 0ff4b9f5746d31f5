import pytest

from ingest.dialects.warning_words import colour_of
from linkage.vocabulary import Severity, WarningColour


@pytest.mark.parametrize(
    ("stated", "headline", "word", "severity", "colour"),
    [
        ([], "发布暴雨橙色预警[II级/严重]", "Severe", Severity.SEVERE, WarningColour.ORANGE),
        (["红色"], "发布暴雨橙色预警", "Severe", Severity.SEVERE, WarningColour.RED),
        (["blue"], "", "Extreme", Severity.EXTREME, WarningColour.BLUE),
        (["320700", "red alert"], "台风黄色预警", "", Severity.UNKNOWN, WarningColour.YELLOW),
        ([], "由黄色升级为橙色", "", Severity.UNKNOWN, WarningColour.ORANGE),
        ([], "黄海南部大风预警", "BLUE", Severity.MINOR, WarningColour.BLUE),
        ([], "大风预警", "ORANGE", Severity.SEVERE, WarningColour.ORANGE),
        ([], "大风预警", "Extreme", Severity.EXTREME, WarningColour.RED),
        ([], "大风预警", "Severe", Severity.SEVERE, WarningColour.ORANGE),
        ([], "大风预警", "Moderate", Severity.MODERATE, WarningColour.YELLOW),
        ([], "大风预警", "Minor", Severity.MINOR, WarningColour.BLUE),
    ],
)
def test_the_colour_is_found_where_the_issuer_put_it(
    stated: list[str], headline: str, word: str, severity: Severity, colour: WarningColour
) -> None:
    assert colour_of(stated, headline, word, severity) is colour


def test_no_colour_is_not_guessed() -> None:
    assert colour_of([], "大风消息", "Unknown", Severity.UNKNOWN) is None
