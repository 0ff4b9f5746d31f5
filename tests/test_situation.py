"""态势总览 as a page: what it hands the browser, and what it does with the answer."""

import ast
from datetime import UTC, datetime
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from dashboard import desk
from linkage.record import Record
from tests.browser import scene
from tests.signing import sit_down

ROOT = Path(__file__).parent.parent


@pytest.fixture
def page(record: Record, database_url: str, monkeypatch: pytest.MonkeyPatch) -> AppTest:
    monkeypatch.setenv("LINKAGE_DATABASE_URL", database_url)
    monkeypatch.setenv("LINKAGE_SOURCES", str(ROOT / "sources.toml"))
    scene.evening(record)
    scene.heartbeat(record, datetime.now(UTC))
    for kept in (desk.settings, desk.record, desk.sources, desk.entrance):
        kept.clear()
    screen = AppTest.from_file(str(ROOT / "streamlit_app.py"), default_timeout=30)
    screen.session_state[desk.TOKEN] = sit_down(record)
    return screen


def test_the_first_page_is_the_situation(page: AppTest) -> None:
    page.run()
    assert not page.exception
    assert "### 态势总览" in " ".join(element.value for element in page.markdown)


def test_the_map_costs_the_same_however_much_is_open(page: AppTest, record: Record) -> None:
    """The rows travel by the feed: the page's own message must not grow with them."""
    few = _message(page)
    with record.write() as w:
        for _ in range(200):
            scene.open_incident(w, datetime.now(UTC))
    many = _message(page)
    assert abs(len(many) - len(few)) < 50
    assert "沈海高速" not in many


def _message(page: AppTest) -> str:
    page.run()
    (sent,) = page.get("component_instance")
    return str(sent.proto.json_args)


def test_the_page_holds_no_sql_and_no_rule() -> None:
    for file in (ROOT / "dashboard" / "pages").glob("*.py"):
        imported = {
            name.name if isinstance(node, ast.Import) else str(node.module)
            for node in ast.walk(ast.parse(file.read_text()))
            if isinstance(node, ast.Import | ast.ImportFrom)
            for name in node.names
        }
        assert not [name for name in imported if name.startswith(("sqlalchemy", "paho"))], file.name
