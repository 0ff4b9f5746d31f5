"""个人信息: what a text may carry of a person is masked before it leaves. 个人信息保护法 §28."""

import re

# Full-width digits and letters are read as what they mean.
_HALF = {full: full - 0xFEE0 for full in range(0xFF01, 0xFF5F)}
_ID_CARD = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})[12]\d{10}[\dXx](?![0-9A-Za-z])", re.ASCII)
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)([- ]?)\d{4}\2(\d{4})(?!\d)", re.ASCII)
_LANDLINE = re.compile(r"(?<!\d)(0\d{2,3}[- ]?)\d{7,8}(?!\d)", re.ASCII)
# Only where a colon says that a name follows: 报警人称… must stay readable.
_NAMED = re.compile(
    r"((?:报警人|联系人|姓名|患者|伤者|当事人|驾驶人):\s*[\u4e00-\u9fff])[\u4e00-\u9fff·]{1,3}"
)


def masked(text: str) -> str:
    """`text` with identity card numbers, telephone numbers and stated names made unreadable."""
    plain = text.translate(_HALF)
    found = _ID_CARD.sub(r"\1************", plain)
    found = _MOBILE.sub(r"\1****\3", found)
    found = _LANDLINE.sub(r"\1*******", found)
    found = _NAMED.sub(r"\1**", found)
    return text if found == plain else found
