"""Text from callers lands in every command browser: it must arrive as text."""

import ast
import html
import re
from pathlib import Path

import pytest

from dashboard.escape import escape

ROOT = Path(__file__).parent.parent
HOSTILE = [
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    "${alert(1)}",
    "`+alert(2)+`",
    "\\`${alert(3)}",
    "\\u003cimg src=x onerror=alert(4)\\u003e",
    "</script><svg/onload=alert(5)>",
    '" onmouseover="alert(6)',
    "' onmouseover='alert(7)",
    "javascript:alert(8)",
    "{{ 7*7 }}{% raw %}",
    "first\u2028alert(9)\u2029\r\nlast",
    "&lt;b&gt;",
    "火灾\x00三楼",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_nothing_a_caller_says_can_end_the_literal_it_stands_in(text: str) -> None:
    assert not set(escape(text)) & set("<>\"'`$\\{}/=()\n\r\u2028\u2029\x00")


@pytest.mark.parametrize("text", HOSTILE)
def test_an_officer_reads_what_the_caller_said(text: str) -> None:
    shown = html.unescape(escape(text))
    assert shown == re.sub("[\n\r\u2028\u2029]", " ", text).replace("\x00", "\ufffd")


def test_ordinary_chinese_is_left_as_it_is() -> None:
    said = "解放东路88号东港商贸城，三楼仓库起火，有人被困！"
    assert escape(said) == said


def test_a_number_is_shown_as_its_digits() -> None:
    assert escape(42) == "42"


def _sinks(tree: ast.AST) -> list[tuple[int, ast.expr]]:
    """The places where folium takes HTML: line and what is put there."""
    found: list[tuple[int, ast.expr]] = []
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = (
            node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        )
        if name in {"Popup", "Tooltip", "DivIcon", "Html", "Element", "IFrame"} and node.args:
            found.append((node.lineno, node.args[0]))
        found += [
            (node.lineno, word.value)
            for word in node.keywords
            if word.arg in {"popup", "tooltip", "html"}
        ]
    return found


def _harmless(value: ast.expr) -> bool:
    if isinstance(value, ast.Constant):
        return True
    if isinstance(value, ast.Dict):  # pydeck's tooltip; it escapes what it puts into {…}
        return all(isinstance(each, ast.Constant) for each in value.values)
    if isinstance(value, ast.Call):
        return isinstance(value.func, ast.Name) and value.func.id == "escape"
    return False


def test_no_page_hands_folium_anything_but_constants_and_escaped_text() -> None:
    wrong = []
    for file in (ROOT / "dashboard").rglob("*.py"):
        for line, value in _sinks(ast.parse(file.read_text())):
            # maps.situation: a constant around an escaped ticket and a whole number.
            if not _harmless(value) and (file.name, ast.unparse(value)) != ("maps.py", "note"):
                wrong.append(f"{file.relative_to(ROOT)}:{line}: {ast.unparse(value)}")
    assert wrong == []


def _of_constants(value: ast.expr, known: set[str]) -> bool:
    """A literal, or an f-string of literals and of names that are such themselves."""
    if isinstance(value, ast.JoinedStr):
        parts = (v.value if isinstance(v, ast.FormattedValue) else v for v in value.values)
        return all(_of_constants(part, known) for part in parts)
    return isinstance(value, ast.Constant) or (isinstance(value, ast.Name) and value.id in known)


# Files of ours, read or named as they are: no word of the record is in them.
_OWN_SCRIPTS = {
    ("department_bell.py", "_page()"),
    ("guard.py", "scripts"),
    ("keys.py", "_page()"),
}


def test_a_script_in_a_page_is_a_constant_of_its_module() -> None:
    for file in (ROOT / "dashboard").rglob("*.py"):
        tree = ast.parse(file.read_text())
        constants: set[str] = set()
        for node in tree.body:
            if isinstance(node, ast.Assign) and _of_constants(node.value, constants):
                constants |= {each.id for each in node.targets if isinstance(each, ast.Name)}
        for node in ast.walk(tree):
            words = node.keywords if isinstance(node, ast.Call) else ()
            if any(word.arg == "unsafe_allow_javascript" for word in words):
                given = ast.unparse(node.args[0])
                own = (file.name, given) in _OWN_SCRIPTS
                assert own or given in constants, f"{file.name}:{node.lineno}"


@pytest.mark.parametrize("call", ["unsafe_allow_html=True", "components.html"])
def test_no_page_opens_streamlits_own_doors_for_markup(call: str) -> None:
    users = [f.name for f in (ROOT / "dashboard").rglob("*.py") if call in f.read_text()]
    assert users == []


@pytest.mark.parametrize(
    "word",
    [
        "innerHTML",
        "outerHTML",
        "insertAdjacentHTML",
        "document.write",
        "eval(",
        "bindPopup",
        "bindTooltip",
        "new Function",
    ],
)
def test_our_own_layer_writes_text_as_text(word: str) -> None:
    users = [
        f.name for f in (ROOT / "dashboard" / "live_layer").glob("*.js") if word in f.read_text()
    ]
    assert users == []
