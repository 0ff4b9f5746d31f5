"""Printed order sheets: a file on disk, whole or not at all, for who prints and carries it."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ingest.means.outcome import Failed, Sent
from linkage.means.sending import Outgoing
from linkage.means.sheets import read_sheet
from linkage.paper.whole_file import write_whole
from linkage.record import UNAVAILABLE, Record
from linkage.response.agencies import Agency


class PaperAdapter:
    """`folder`: one more folder for each day below it."""

    def __init__(
        self, record: Record, folder: Path, agencies: Callable[[], Mapping[str, Agency]]
    ) -> None:
        self._record, self._folder, self._agencies = record, folder, agencies

    def send(self, notice: Outgoing) -> Sent | Failed:
        agencies = self._agencies()
        known = agencies.get(notice.agency_id or "")
        try:
            with self._record.read() as cx:
                sheet = read_sheet(cx, notice.id, known.name if known else notice.agency_id or "")
        except UNAVAILABLE as why:
            return Failed(f"数据库暂不可用：{why.orig}")
        if sheet is None:
            return Failed("通知已不在记录中", retry=False)
        file = self._folder / sheet.day / f"{sheet.name}.pdf"
        try:
            write_whole(file.with_suffix(".html"), sheet.html())
            write_whole(file, sheet.pdf())
        except OSError as why:
            return Failed(f"指令单写不进 {file.parent}（{why.strerror}）")
        return Sent(f"指令单 {file.relative_to(self._folder.parent)}")
