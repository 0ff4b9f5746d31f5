"""A fire that a panel reports → the alert: where it is, what reported it, which kind it is."""

import codecs
from datetime import datetime
from typing import Any, NamedTuple

from ingest.dialects.gbt26875_words import BY_HAND, ELECTRIC, GAS
from linkage.alerts import Alert, Unreadable
from linkage.areas import area_code
from linkage.intake.device_state import NOT_YET
from linkage.kinds import HAZMAT_KINDS
from linkage.panels import Panel, panels
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, PositionNote, Severity

FIRE_WORD, GAS_WORD, ELECTRIC_WORD = "火警", "可燃气体报警", "电气火灾监控"
HAZMAT_GAS_WORD = "危化品可燃气体报警"  # where the panel has a substance


class Place(NamedTuple):
    """Whose object it is; `at`: of the state, `sent_at`: of the frame; None where unreadable."""

    panel: str
    at: datetime | None
    sent_at: datetime | None


class Alarms:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._panels = panels()

    def fire(
        self,
        at: Place,
        device: str,
        part: str,
        said: str | None,
        state: str,
        *,
        type_: int | None = None,
        by_hand: bool = False,
    ) -> Alert:
        """`said`: the component's own words, None where they cannot be read."""
        panel = self._panels.get(at.panel)
        rule = self._rule(panel, type_)
        name = panel.name if panel else f"消防装置 {at.panel}"
        point = panel.point if panel else None
        hazmat = rule.kind in HAZMAT_KINDS or bool(panel and panel.substance)
        facts: dict[str, Any] = {"device": device, "part": part, "device_state": state}
        if panel is not None:
            facts |= {"unit_name": panel.name}
            facts |= {"substance": panel.substance} if panel.substance else {}
        text = "，".join(filter(None, (name, said, f"{part}：{state}")))
        by_hand = by_hand or type_ in BY_HAND
        return Alert(
            source_id=self._source.id,
            source_ref="",  # of the alarm from first to last: linkage.intake.device_alarms
            kind=rule.kind,
            event_code=rule.event_code,
            source_kind=rule.word,
            occurred_at=NOT_YET,  # likewise
            # A component's words mostly say where it hangs: 三层东走廊.
            place=" ".join(filter(None, (panel.place if panel else "", said))),
            point=point,
            position_note=PositionNote.EXACT if point else PositionNote.MISSING,
            area_code=area_code(point),
            severity=Severity.SEVERE if hazmat or by_hand else Severity.MODERATE,
            # A single detector is often steam or dust; a hand on the button seldom is.
            certainty=Certainty.LIKELY if by_hand else Certainty.POSSIBLE,
            caller_phone=(panel.telephone or None) if panel else None,
            hazmat=hazmat,
            headline=" ".join(filter(None, (name, said, rule.word))),
            text=text + _missing(at, panel, said),
            exercise=rule.exercise,
            facts=facts,
        )

    def _rule(self, panel: Panel | None, type_: int | None) -> KindRule:
        """By the component's own word, or the panel's for a fire; 火警 where the table lacks it."""
        of_panel = panel.kind if panel else ""
        word = GAS_WORD if type_ in GAS else ELECTRIC_WORD if type_ in ELECTRIC else FIRE_WORD
        if word == GAS_WORD and panel is not None and panel.substance:
            of_panel = HAZMAT_GAS_WORD
        elif word != FIRE_WORD:
            of_panel = ""
        kinds = self._source.kinds
        rule = kinds.get(of_panel) or kinds.get(word) or kinds.get(FIRE_WORD)
        if rule is None:
            table = f'sources.toml [[source]] "{self._source.id}" 的 [source.kinds]'
            raise Unreadable(f'“{word}”不在 {table}，请在表中补一行 "{word}" = …', "部件类型")
        return rule


def _missing(at: Place, panel: Panel | None, said: str | None) -> str:
    words = ""
    if said is None:
        words += "；部件说明不是 GB18030 文字，未能读出，原始报文已保留"
    if panel is None:
        line = f'[[panel]] address = "{at.panel}"'
        words += f"；装置未登记，请立即核实地点，并在 data/panels.toml 补登一条 {line}"
    return words


def text_of(stated: bytes) -> str | None:
    """31 bytes of GB18030, padded with NUL, FF or blanks; a character cut in two at the end is
    left out.

    None where it is no GB18030: the alarm counts all the same.
    """
    said = stated.split(b"\0")[0].rstrip(b"\xff")
    text = _letters(said, "utf-8")
    if text is None or not _is_chinese(text):
        text = _letters(said, "gb18030")
    if text is None or "\ufffd" in text:
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _is_chinese(text: str) -> bool:
    """Whether these bytes were UTF-8, which some devices send all the same. Most of it is GB18030
    too, and says nonsense then; what GB18030 is by chance as UTF-8 has two bytes a letter."""
    letters = [letter for letter in text if letter >= "\x80"]
    return len(letters) > 1 and min(letters) >= "\u0800"


def _letters(said: bytes, charset: str) -> str | None:
    try:
        return codecs.getincrementaldecoder(charset)("strict").decode(said)
    except UnicodeDecodeError:
        return None
