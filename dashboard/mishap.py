"""A page that fails for a fault of ours: a number on the screen, the same and why in the log.

Streamlit logs what a page raised before it shows it, in the page's own thread; that is where the
number is made. Its own English notice is hidden in front_page.py.
"""

import logging
import secrets
from datetime import UTC, datetime

import streamlit as st

from linkage.record import BEIJING

_TELLS = "streamlit.error_util"


class _Numbered(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        if record.exc_info:
            number = f"{datetime.now(UTC).astimezone(BEIJING):%m%d-%H%M%S}-{secrets.token_hex(2)}"
            record.msg, record.args = f"{number} {record.getMessage()}", ()
            st.error(
                f"页面出错了，编号 {number}。已提交的操作不受影响；请刷新页面重试，"
                "仍然出错请把编号告诉系统管理员。",
                icon=":material/report:",
            )
        return True


def number_them() -> None:
    """Call it once, where the application starts."""
    logging.getLogger(_TELLS).addFilter(_Numbered())
