"""`python docs/words.py`: every text of the screens that live_layer/en.json has no English for.

The texts are taken from the code itself, so none can be forgotten: what Python and JavaScript say
in Chinese, with {} for what is filled in, cut where the screen cuts it (bold, badges, line ends).
"""

import ast
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parent.parent
LAYER = ROOT / "dashboard" / "live_layer"
ENGLISH = LAYER / "en.json"
HAN = re.compile(r"[\u3400-\u9fff]")
# Documents on paper, commands and files of the operator stay Chinese.
NOT_ON_SCREEN = re.compile(
    r"linkage/(migrations/|reporting/(paper|pdf|word|typeset|document|titles|exchange)"
    r"|.*(command|__main__)\.py|.*_file\.py|toml_|settings|environment|handover/paper"
    r"|exercise/(printing|sheet)|duty/(template|workbook)|board/|figures/workbook|backup|verify)"
)
# Where markdown and Streamlit cut a text into pieces of the page.
_CUTS = re.compile(r"\*\*|`|:[a-z]+-badge\[|:material/[a-z_]+:|:[a-z]+\[|\]|\n|\\n|^#+ |\t")
_JS_TEXT = re.compile(r"\"((?:[^\"\\\n]|\\.)*)\"|'((?:[^'\\\n]|\\.)*)'|`((?:[^`\\]|\\.)*)`")
_JS_FILLED = re.compile(r"\$\{(?:[^{}]|\{[^{}]*\})*\}")


def texts() -> dict[str, str]:
    """Text → where it is said first."""
    found: dict[str, str] = {}
    for folder in ("dashboard", "linkage"):
        for path in sorted((ROOT / folder).rglob("*.py")):
            name = str(path.relative_to(ROOT))
            if not NOT_ON_SCREEN.match(name):
                for text in _python(path):
                    found.setdefault(text, name)
    for path in sorted(LAYER.glob("*.js")):
        for text in _script(path.read_text("utf-8")):
            found.setdefault(text, str(path.relative_to(ROOT)))
    return found


def missing() -> dict[str, str]:
    """Of these, those without English."""
    known = json.loads(ENGLISH.read_text("utf-8")) if ENGLISH.exists() else {}
    return {text: where for text, where in texts().items() if text not in known}


def pieces(text: str) -> Iterator[str]:
    """A text as the screen cuts it; without what says nothing by itself."""
    for piece in _CUTS.split(text):
        bare = piece.strip().strip("·，、；：。 　").strip()
        if HAN.search(bare):
            yield bare


def _python(path: Path) -> Iterator[str]:
    tree = ast.parse(path.read_text("utf-8"))
    silent = {id(note) for note in _notes(tree)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            # The pieces between the braces are said with the whole, not by themselves.
            silent.update(id(value) for value in node.values if isinstance(value, ast.Constant))
            yield from pieces("".join(_part(value) for value in node.values))
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in silent
        ):
            yield from pieces(node.value)


def _part(value: ast.expr) -> str:
    return str(value.value) if isinstance(value, ast.Constant) else "{}"


_DOCUMENTED = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def _notes(tree: ast.Module) -> Iterator[ast.expr]:
    for node in ast.walk(tree):
        if isinstance(node, _DOCUMENTED) and node.body and isinstance(node.body[0], ast.Expr):
            yield node.body[0].value


def _script(text: str) -> Iterator[str]:
    code = re.sub(r"(?m)(^|\s)//.*$", r"\1", text)
    for match in _JS_TEXT.finditer(code):
        said = next(group for group in match.groups() if group is not None)
        yield from pieces(_JS_FILLED.sub("{}", said))


def main() -> int:
    lacking, every = missing(), len(texts())
    print(json.dumps(lacking, ensure_ascii=False, indent=1))
    print(f"{every} texts, {len(lacking)} without English", file=sys.stderr)
    return 1 if lacking else 0


if __name__ == "__main__":
    sys.exit(main())
