"""A fire that a panel reports → the alert: where it is, what reported it, which kind it is."""

import codecs
from datetime import datetime
from typing import Any, NamedTuple

from ingest.dialects.gbt26875_words import ELECTRIC, GAS
from linkage.alerts import Alert, Unreadable
from linkage.areas import area_code
from linkage.intake.device_state import NOT_YET
from linkage.kinds import HAZMAT_KINDS
from linkage.panels import panels
from linkage.source_tables import KindRule
from linkage.sources import Source
from linkage.vocabulary import Certainty, PositionNote, Severity

FIRE_WORD, GAS_WORD, ELECTRIC_WORD = "火警", "可燃气体报警", "电气火灾监控"
_decoder = codecs.getincrementaldecoder("gb18030")


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
        rule = self._rule(panel.kind if panel else "", type_)
        name = panel.name if panel else f"消防装置 {at.panel}"
        point = panel.point if panel else None
        hazmat = rule.kind in HAZMAT_KINDS or bool(panel and panel.substance)
        facts: dict[str, Any] = {"device": device, "part": part, "device_state": state}
        if panel is not None:
            facts |= {"unit_name": panel.name}
            facts |= {"substance": panel.substance} if panel.substance else {}
        how = "手动报警" if by_hand else state
        text = "，".join(filter(None, (name, said, f"{part}：{how}")))
        if said is None:
            text += "；部件说明不是 GB18030 文字，未能读出，原始报文已保留"
        if panel is None:
            text += f"；装置 {at.panel} 未在 data/panels.toml 登记，请立即核实地点"
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
            text=text,
            exercise=rule.exercise,
            facts=facts,
        )

    def _rule(self, of_panel: str, type_: int | None) -> KindRule:
        """By the panel's own word, else the component's; 火警 where the table lacks that one."""
        word = GAS_WORD if type_ in GAS else ELECTRIC_WORD if type_ in ELECTRIC else FIRE_WORD
        kinds = self._source.kinds
        rule = kinds.get(of_panel) or kinds.get(word) or kinds.get(FIRE_WORD)
        if rule is None:
            table = f'sources.toml [[source]] "{self._source.id}" 的 [source.kinds]'
            raise Unreadable(f'“{word}”不在 {table}，请在表中补一行 "{word}" = …', "部件类型")
        return rule


def text_of(stated: bytes) -> str | None:
    """31 bytes of GB18030, padded with NUL; a character cut in two at the end is left out.

    None where it is no GB18030: the alarm counts all the same.
    """
    try:
        text = _decoder("strict").decode(stated.split(b"\0")[0])
    except UnicodeDecodeError:
        return None
    if "\ufffd" in text:
        return None
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())
