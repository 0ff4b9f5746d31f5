"""The tree is the pipeline: ingest → linkage ← dashboard, small modules, no hidden faults."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from linkage import actions, kinds, response_vocabulary, vocabulary
from linkage.vocabulary import Labelled

ROOT = Path(__file__).parents[1]
PACKAGES = ("ingest", "linkage", "dashboard")
# Who may import what; whatever is not named here is anybody's.
ONLY_IN = {
    "paho": {"ingest"},
    "streamlit": {"dashboard", "streamlit_app"},
    "streamlit_folium": {"dashboard"},
    "folium": {"dashboard"},
    "branca": {"dashboard"},
    "pydeck": {"dashboard"},
    "sqlalchemy": {"linkage"},
    "alembic": {"linkage"},
    "psycopg": {"linkage"},
    "sqlite3": {"linkage"},
}
MAY_IMPORT = {
    "ingest": {"ingest", "linkage"},
    "linkage": {"linkage"},
    "dashboard": {"dashboard", "linkage"},
    "streamlit_app": {"dashboard", "linkage"},
}
# Rules that a person can check on paper: no database behind them, at any remove.
PURE = (
    "alerts",
    "beijing",
    "clocks.chain",
    "clocks.clock",
    "clocks.next_to_breach",
    "clocks.rule_file",
    "clocks.steps",
    "clocks.subject_names",
    "correlation.alike",
    "correlation.correlate",
    "correlation.open_incidents",
    "correlation.place_words",
    "correlation.reading",
    "correlation.same_event",
    "desk.claims",
    "desk.folding",
    "desk.inside",
    "desk.progress",
    "desk.uncertainty",
    "desk.search_words",
    "duty.cells",
    "duty.coverage",
    "duty.headings",
    "duty.people",
    "duty.propose",
    "duty.read_roster",
    "duty.rules",
    "handover.sheet",
    "errors",
    "exercise.marking",
    "exercise.score",
    "exercise.targets",
    "intake.datum_watch",
    "intake.troubles",
    "intake.watch",
    "basemap.layers",
    "basemap.pictures",
    "means.order_words",
    "means.ways",
    "means.when_due",
    "intake.device_state",
    "kinds",
    "people",
    "places.gazetteer",
    "places.place",
    "places.spelling",
    "places.typed_position",
    "readings.clock",
    "readings.judge",
    "readings.packing",
    "plan.card_changes",
    "plan.declaring",
    "plan.deviations",
    "plan.plume",
    "reporting.document",
    "paper.page",
    "paper.wording",
    "reporting.elements",
    "reporting.exchange",
    "reporting.following",
    "reporting.lateness",
    "reporting.limits",
    "reporting.obligation",
    "reporting.typeset",
    "response.feedback",
    "plan.grade_table",
    "plan.grading",
    "response.moves",
    "response.orders",
    "response.reach",
    "response.need_moves",
    "response.nearest",
    "response.shared",
    "response.coverage",
    "response.unit_states",
    "plan.regrading",
    "plan.run_card",
    "plan.run_cards",
    "plan.what_if",
    "plan.seating",
    "response_vocabulary",
    "vocabulary",
    "warnings.cap_out",
    "warnings.legal",
    "warnings.preparing",
    "warnings.relations",
)
SAYS_NOTHING = {"utils", "helpers", "common", "manager", "service", "handler", "base", "core"}
MODULE_LINES = 300
FUNCTION_LINES = 50
# The two places where a fault of ours must not stop the work; each keeps the traceback.
BROAD_CATCHES = ["ingest/deliver.py", "ingest/worker.py"]


def sources(*packages: str) -> list[Path]:
    found = [path for package in packages for path in sorted((ROOT / package).rglob("*.py"))]
    return [path for path in found if "migrations" not in path.parts]


EVERY = [*sources(*PACKAGES), *ROOT.glob("streamlit_app.py")]


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imports(path: Path) -> Iterator[str]:
    """Dotted names, those inside functions too."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            yield node.module or ""
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def home(path: Path) -> str:
    return path.relative_to(ROOT).parts[0].removesuffix(".py")


def test_imports_point_inwards() -> None:
    wrong = []
    for path in EVERY:
        here = home(path)
        for imported in imports(path):
            top = imported.split(".")[0]
            ours = top in MAY_IMPORT or top in {"tests", "bench", "start"}
            if (ours and top not in MAY_IMPORT[here]) or here not in ONLY_IN.get(top, {here}):
                wrong.append(f"{name(path)} imports {imported}")
    assert wrong == []


@cache
def _reach(module: str) -> frozenset[str]:
    """Every module and library that importing `linkage.<module>` brings with it."""
    seen: set[str] = set()
    todo = [f"linkage.{module}"]
    while todo:
        one = todo.pop()
        if one in seen:
            continue
        seen.add(one)
        path = ROOT / Path(*one.split(".")).with_suffix(".py")
        assert path.exists() or len(seen) > 1, f"{path} is not there"
        if one.startswith("linkage.") and path.exists():
            todo.extend(imports(path))
    return frozenset(seen)


@pytest.mark.parametrize("module", PURE)
def test_a_rule_knows_no_database(module: str) -> None:
    reached = _reach(module)
    databases = {name for name in reached if name.split(".")[0] in {"sqlalchemy", "alembic"}}
    assert not databases, f"by way of {sorted(n for n in reached if n.startswith('linkage.'))}"


def test_a_module_fits_in_the_head() -> None:
    lines = {name(path): len(path.read_text(encoding="utf-8").splitlines()) for path in EVERY}
    assert {path: count for path, count in lines.items() if count > MODULE_LINES} == {}


def test_a_function_fits_on_a_page() -> None:
    lines = {
        f"{name(path)}: {node.name}": (node.end_lineno or node.lineno) - node.lineno + 1
        for path in EVERY
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert {where: count for where, count in lines.items() if count > FUNCTION_LINES} == {}


def test_a_name_says_what_is_inside() -> None:
    empty = [
        name(path)
        for path in EVERY
        for part in path.relative_to(ROOT).with_suffix("").parts
        if SAYS_NOTHING & set(part.split("_"))
    ]
    assert empty == []


def test_a_module_opens_with_what_it_promises() -> None:
    modules = [path for path in EVERY if path.name != "__init__.py"]
    assert [name(path) for path in modules if not ast.get_docstring(tree(path))] == []


def _catches(path: Path) -> Iterator[str]:
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.ExceptHandler):
            yield ast.unparse(node.type) if node.type else "bare"


def test_faults_are_caught_broadly_in_two_places() -> None:
    broad = [
        name(path)
        for path in EVERY
        for caught in _catches(path)
        if caught in {"bare", "Exception", "BaseException"}
    ]
    assert sorted(broad) == BROAD_CATCHES


def _labels() -> dict[str, set[str]]:
    """Label → the codes that carry it."""
    labels: dict[str, set[str]] = {}
    for module in (vocabulary, kinds, actions, response_vocabulary):
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, Labelled) and thing is not Labelled:
                for code in thing:
                    labels.setdefault(code.label, set()).add(code.value)
    return labels


LABELS = _labels()


def _text(node: ast.AST | None) -> str | None:
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else None


def _retold(path: Path) -> Iterator[str]:
    """Where a code is paired with its label, or told by its label, anew."""
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Dict):
            for key, value in zip(node.keys, node.values, strict=True):
                code = key.attr.lower() if isinstance(key, ast.Attribute) else _text(key)
                if code in LABELS.get(_text(value) or "", set()):
                    yield f"line {value.lineno}: {_text(value)}"
        elif isinstance(node, ast.Compare):
            for side in (node.left, *node.comparators):
                if _text(side) in LABELS:
                    yield f"line {side.lineno}: {_text(side)}"


def test_a_label_is_told_by_the_vocabulary_alone() -> None:
    retold = [
        f"{name(path)}, {where}"
        for path in sources("linkage", "dashboard")
        if path.stem not in {"vocabulary", "kinds", "actions", "response_vocabulary"}
        for where in _retold(path)
    ]
    assert retold == []


def test_no_address_of_the_outside_is_called() -> None:
    """The network is cut off from the internet: nothing may wait for it."""
    outside = ("http://", "https://")
    allowed = ("http://127.0.0.1", "http://localhost", "http://www.w3.org/", "urn:")
    called = [
        f"{name(path)}: {text}"
        for path in EVERY
        for node in ast.walk(tree(path))
        if (text := _text(node) or "").startswith(outside) and not text.startswith(allowed)
    ]
    assert called == []
