import pytest

from ingest.dialects.warning_words import colour_of
from linkage.vocabulary import Severity, WarningColour


@pytest.mark.parametrize(
    ("stated", "headline", "word", "severity", "colour"),
    [
        ([], "发布暴雨橙色预警[II级/严重]", "Severe", Severity.SEVERE, WarningColour.ORANGE),
        (["红色"], "发布暴雨橙色预警", "Severe", Severity.SEVERE, WarningColour.RED),
        (["blue"], "", "Extreme", Severity.EXTREME, WarningColour.RED),
        ([], "发布大雾黄预警", "", Severity.UNKNOWN, WarningColour.YELLOW),
        ([], "发布大雾黄色色预警预警", "", Severity.UNKNOWN, WarningColour.YELLOW),
        ([], "发布暴雨预警[II级/严重]", "", Severity.UNKNOWN, WarningColour.ORANGE),
        ([], "发布暴雨预警[IV/一般]", "", Severity.UNKNOWN, WarningColour.BLUE),
        (["3; orange; Severe"], "大风预警", "", Severity.UNKNOWN, WarningColour.ORANGE),
        (["紅色"], "豪雨特報", "", Severity.UNKNOWN, WarningColour.RED),
        ([], "黃色暴雨警告信號", "", Severity.UNKNOWN, WarningColour.YELLOW),
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
    found = colour_of(stated, headline, word, severity)
    assert found is not None
    assert found.colour is colour


def test_no_colour_is_not_guessed() -> None:
    assert colour_of([], "大风消息", "Unknown", Severity.UNKNOWN) is None


@pytest.mark.parametrize(
    ("stated", "headline", "word", "severity", "note"),
    [
        (
            ["黄色"],
            "发布暴雨橙色预警[II级/严重]",
            "Moderate",
            Severity.MODERATE,
            (
                "预警颜色不一致：参数为黄色，标题为橙色，标题级别为橙色，severity Moderate为黄色；"
                "按较高的橙色"
            ),
        ),
        (["橙色"], "发布暴雨橙色预警[Ⅱ级/严重]", "ORANGE", Severity.SEVERE, ""),
    ],
)
def test_text_and_code_that_differ_are_both_told_and_the_higher_one_counts(
    stated: list[str], headline: str, word: str, severity: Severity, note: str
) -> None:
    """P33: a colour in the text that is not the colour of the code"""
    found = colour_of(stated, headline, word, severity)
    assert found is not None
    assert (found.colour, found.note) == (WarningColour.ORANGE, note)
