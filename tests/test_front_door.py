"""How the dashboard is started, and the choices it is started with."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from urllib.request import urlopen

import pytest
from streamlit import config
from streamlit.web.server.app_discovery import discover_asgi_app

from linkage.record import Record
from linkage.schema import migrate
from tests.parts import free_port, wait_until

ROOT = Path(__file__).parent.parent
CHOICES = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())


def test_streamlit_run_finds_the_feed_and_the_pages_in_one_file() -> None:
    found = discover_asgi_app(ROOT / "streamlit_app.py")
    assert found.import_string == "streamlit_app:app"


def _options() -> list[str]:
    named = []
    for section, choices in CHOICES.items():
        for name, value in choices.items():
            deeper = [f"{name}.{inner}" for inner in value] if isinstance(value, dict) else [name]
            named += [f"{section}.{one}" for one in deeper]
    return named


@pytest.mark.parametrize("option", _options())
def test_every_choice_is_one_that_streamlit_knows(option: str) -> None:
    """`runner.postScriptGC` is hidden: an update that drops it must be noticed here."""
    assert option in config._config_options_template


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("browser.gatherUsageStats", False),
        ("server.address", "127.0.0.1"),
        ("server.enableCORS", True),
        ("server.enableXsrfProtection", True),
        ("server.enableStaticServing", False),
        ("client.showErrorDetails", "none"),
        ("client.showErrorLinks", False),
        ("client.toolbarMode", "minimal"),
        ("runner.postScriptGC", False),
    ],
)
def test_the_house_is_shut_by_default(option: str, value: object) -> None:
    section, name = option.split(".")
    assert CHOICES[section][name] == value


def test_no_page_wears_an_icon_that_a_browser_would_fetch_from_the_internet() -> None:
    text = "\n".join(
        f.read_text() for f in [ROOT / "streamlit_app.py", *ROOT.glob("dashboard/**/*.py")]
    )
    assert not re.search(r"page_icon\s*=\s*[\"']:", text)
    assert not re.search(r"st\.Page\([^)]*icon\s*=", text)


def test_the_feed_runs_in_a_process_of_its_own(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/linkage.db"
    record = Record(url)
    migrate(record)
    record.close()
    port = free_port()
    process = subprocess.Popen(
        [sys.executable, "-m", "dashboard", "feed", "--port", str(port)],
        cwd=ROOT,
        env=os.environ | {"LINKAGE_DATABASE_URL": url},
    )

    def healthy() -> bool:
        try:
            with urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2) as answer:
                return answer.status == 200
        except OSError:
            return False

    try:
        wait_until(healthy, 20, "the feed to answer")
    finally:
        process.terminate()
        process.wait(10)
