"""Write docs/faults.md: what can go wrong, what must happen, which test shows it.

A test shows a case when its docstring begins with the case's number: "T07, T08: …".
"""

import ast
import re
import tomllib
from collections import defaultdict
from pathlib import Path

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
HEAD = """\
# Faults

What can go wrong between a system, the record and a desk, what must happen then, and the test that
shows it. T is the transport, P the payload, S the storage, K the joint response, D the desks.
Written by `python docs/faults.py`; a case without a test says so.

| case | what goes wrong | what must happen | shown by |
|---|---|---|---|
"""
_CASES = re.compile(r"((?:[DKPST]\d\d(?:, |\u2013[DKPST]\d\d)?)+)(?::|\.?$)")


def shown_by() -> dict[str, list[str]]:
    """Case → tests, as file: name."""
    found: dict[str, list[str]] = defaultdict(list)
    for file in sorted(TESTS.rglob("test_*.py")):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                cases = _CASES.match(ast.get_docstring(node) or "")
                for case in _listed(cases[1]) if cases else ():
                    found[case].append(f"`{file.relative_to(TESTS.parent)}`: {node.name}")
    return found


def _listed(text: str) -> list[str]:
    """T01, T03–T05 → each of them."""
    cases: list[str] = []
    for part in text.replace(" ", "").strip(",").split(","):
        first, dash, last = part.partition("\u2013")
        numbers = range(int(first[1:]), int(last[1:] if dash else first[1:]) + 1)
        cases += [f"{first[0]}{number:02d}" for number in numbers]
    return cases


def page() -> str:
    listed = tomllib.loads((HERE / "faults.toml").read_text(encoding="utf-8"))
    tests = shown_by()
    lines = []
    for case, words in listed.items():
        shown = "<br>".join(tests.get(case, ()))
        left = words.get("left", "" if shown else "**not shown by a test**")
        cell = "<br>".join(part for part in (shown, left) if part)
        lines.append(f"| {case} | {words['what']} | {words['must']} | {cell} |")
    return HEAD + "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "faults.md").write_text(page(), encoding="utf-8")
