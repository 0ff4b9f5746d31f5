"""A page as a test sees it: Streamlit's own test browser on a record of the test's."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.components.v2 import manifest_scanner
from streamlit.testing.v1 import AppTest

from dashboard import desk
from linkage.people import Actor
from linkage.record import Record
from linkage.vocabulary import Role
from tests.signing import sit_down

PAGES = Path(__file__).parents[1] / "dashboard" / "pages"
# The first run imports pandas, folium and the rest.
PATIENCE_S = 30
# Each AppTest looks through all installed packages for components, longer than it draws the page.
# They stay the same while a suite runs.
manifest_scanner.scan_component_manifests = cache(manifest_scanner.scan_component_manifests)


@contextmanager
def desk_on(record: Record, patch: pytest.MonkeyPatch) -> Iterator[None]:
    """The pages of this process read and write the test's record."""
    patch.setenv("LINKAGE_DATABASE_URL", record.engine.url.render_as_string(hide_password=False))
    st.cache_resource.clear()
    yield
    desk.record().close()
    st.cache_resource.clear()


def opened(page: str, sits: Actor | None = None, **query: str) -> AppTest:
    """The page after its first run. `sits`: who is at the desk; a duty officer, if not given."""
    screen = AppTest.from_file(str(PAGES / f"{page}.py"), default_timeout=PATIENCE_S)
    for name, value in query.items():
        screen.query_params[name] = value
    who = sits or Actor("甲", Role.DUTY_OFFICER)
    screen.session_state[desk.TOKEN] = sit_down(desk.record(), who)
    return drawn(screen.run())


def drawn(screen: AppTest) -> AppTest:
    assert not screen.exception, [e.value for e in screen.exception]
    return screen


def press(screen: AppTest, key: str) -> AppTest:
    return drawn(screen.button(key=key).click().run())


def turn_to(screen: AppTest, tab: str) -> AppTest:
    """To another leaf of 事件处置; only the open one is drawn."""
    screen.session_state["incident_tabs"] = tab
    return drawn(screen.run())


def unfold(screen: AppTest, key: str) -> AppTest:
    """What is drawn only when somebody opens it."""
    screen.session_state[key] = True
    return drawn(screen.run())


def field(screen: AppTest, kind: str, key: str) -> Any:
    """The one field of a kind (text_input, radio, …) whose key begins so: forms count on."""
    found = [each for each in getattr(screen, kind) if each.key and each.key.startswith(key)]
    assert len(found) == 1, (key, [each.key for each in getattr(screen, kind)])
    return found[0]


def keys(screen: AppTest) -> set[str]:
    return {button.key for button in screen.button if button.key}


def shown(screen: AppTest) -> str:
    """All that is written on the screen, a line each, signs of markdown and all."""
    parts = (
        screen.markdown,
        screen.caption,
        screen.text,
        screen.info,
        screen.warning,
        screen.error,
        screen.success,
        screen.toast,
    )
    return "\n".join(str(each.value) for part in parts for each in part)
