"""部门工作台 on a telephone: one column, big targets, the main act under the thumb."""

import streamlit as st

# 640 px is where Streamlit puts columns under each other. 16 px in fields: below that a telephone
# zooms into what is touched. 44 px: what a thumb hits.
_STYLE = """<style>
[class*="st-key-department_task_"] { scroll-margin-top: 4rem; }
/* It is its wrapper that travels in the column. */
[data-testid="stLayoutWrapper"]:has(> .st-key-department_bar) { position: sticky; bottom: 0;
  z-index: 50; }
.st-key-department_bar { padding: 0.6rem 0 0.7rem; background: %s; max-height: 60dvh;
  overflow-y: auto; border-top: 1px solid rgba(128, 140, 155, 0.5); }
/* A long form scrolls within; what sends it stays in sight. */
[data-testid="stLayoutWrapper"]:has(> .st-key-department_sending) { position: sticky; bottom: 0; }
.st-key-department_sending { padding: 0.4rem 0 0; background: %s; }
.st-key-department_main button { min-height: 52px; font-size: 1.15rem; font-weight: 650; }
.st-key-department_back { display: none; }
[class*="st-key-department_open_"] button { justify-content: flex-start; min-height: 44px; }
[class*="st-key-department_open_"] button > div { justify-content: flex-start; }
[class*="st-key-department_open_"] button p { white-space: normal; overflow-wrap: anywhere;
  text-align: left; }
.st-key-department_case_default [data-testid="stText"], .st-key-department_case_chosen
  [data-testid="stText"] { white-space: pre-wrap; overflow-wrap: anywhere; font-family: inherit; }
@media (max-width: 640px) {
  .st-key-desk_strip { display: none; }
  .st-key-desk_header h3 { font-size: 1.15rem; }
  .st-key-department_list_behind, .st-key-department_case_default { display: none; }
  .st-key-department_back { display: block; }
  [data-testid="stMain"] button, [data-testid="stMain"] summary { min-height: 44px; }
  [data-testid="stMain"] label[data-baseweb="checkbox"] { min-height: 44px; }
  [data-testid="stMain"] input, [data-testid="stMain"] textarea,
  [data-testid="stMain"] [data-baseweb="select"] { font-size: 16px !important; }
  [data-testid="stMain"] input, [data-testid="stMain"] [data-baseweb="select"] > div {
    min-height: 44px; }
  [data-testid="stMainBlockContainer"] { padding-bottom: 0; overflow-x: clip; }
}
</style>"""


def style() -> None:
    ground = st.get_option(f"theme.{_theme()}.backgroundColor")
    st.html(_STYLE.replace("%s", ground))


def _theme() -> str:
    return "dark" if st.context.theme.type == "dark" else "light"
