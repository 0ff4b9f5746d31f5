"""预警发布, the form: one of our own warnings, composed beside how the public will read it."""

from datetime import datetime, timedelta
from functools import partial

import streamlit as st

from dashboard import words
from dashboard.asked import Form, ask
from dashboard.public_drill import practice_or_earnest
from dashboard.public_incident import about_incident
from dashboard.public_view import TIME, public_view, said
from dashboard.seat import Seat
from dashboard.warning_tables import public_words
from linkage.actions import Action
from linkage.areas import AREAS
from linkage.record import BEIJING
from linkage.vocabulary import MessageKind, WarningColour
from linkage.warnings import composing, legal
from linkage.warnings.cap_out import usual_area, usual_headline
from linkage.warnings.legal import Text
from linkage.warnings.public import PublicWarning
from linkage.warnings.public_words import Template
from linkage.warnings.relations import CITY

# What the form is about: nothing (a new one), or (id, what follows it).
_ABOUT = "warnings_about"
_NEW = 0
# Which of the lists on the right is open; a click on 修改, 更新 or 解除 opens the form.
VIEW, COMPOSING = "warnings_view", "拟制"
_COLOURS = list(reversed(WarningColour))


def about(it: PublicWarning, kind: MessageKind | None) -> None:
    """In a callback: take `it` into the form. None: to change it; else to update or lift it."""
    st.session_state[_ABOUT] = (it, kind)
    st.session_state[VIEW] = COMPOSING


def forget() -> None:
    st.session_state.pop(_ABOUT, None)


def compose_form(seat: Seat) -> None:
    held: tuple[PublicWarning, MessageKind | None] | None = st.session_state.get(_ABOUT)
    base, follows = held or (None, None)
    kind = follows or (base.message_kind if base else MessageKind.ALERT)
    form = Form(f"warnings_form_{kind.value}", base.id if base else _NEW)
    _title(base, follows)
    left, right = st.columns([0.56, 0.44], gap="medium")
    with left:
        it = about_incident(form, base, seat)
        exercise = practice_or_earnest(form, base, it, seat)
        text = _fields(form, base, kind, seat.now)
    with right:
        public_view(text, exercise=exercise, issued_at=None)
        _gaps(text, kind)
        _buttons(seat, form, text, exercise, base, follows, it.id if it else None)


def _buttons(  # noqa: PLR0917
    seat: Seat,
    form: Form,
    text: Text,
    exercise: bool,
    base: PublicWarning | None,
    follows: MessageKind | None,
    incident_id: int | None,
) -> None:
    with st.container(horizontal=True, gap="small"):
        for submit, label in ((False, "保存草稿"), (True, "保存并送审")):
            st.button(
                label,
                key=f"warnings_save_{'submit' if submit else 'draft'}",
                type="primary" if submit else "secondary",
                disabled=not seat.may(Action.COMPOSE_WARNING),
                on_click=_save,
                args=(seat, form, text, base, follows, exercise, incident_id, submit),
            )
        if base is not None:
            st.button("放弃", key="warnings_forget", type="tertiary", on_click=forget)


def _title(base: PublicWarning | None, follows: MessageKind | None) -> None:
    if base is None:
        st.caption("八要素依突发事件应对法§64；发布须另一位值班长或指挥员审签，拟制人不能自审。")
    elif follows is None:
        reason = f"退回：{base.return_reason}" if base.return_reason else "修改草稿"
        st.info(words.plain(f"{reason}　{base.headline}"), icon=":material/edit:")
    else:
        st.info(words.plain(f"{follows.label}：{base.headline}"), icon=":material/update:")


def _fields(form: Form, base: PublicWarning | None, kind: MessageKind, now: datetime) -> Text:
    lifts = kind is MessageKind.CANCEL
    first, second, third = st.columns([0.32, 0.27, 0.41], gap="small")
    with first:
        template = _event(form, base)
    start = _COLOURS.index(base.colour) if base else None
    colour: WarningColour | None = second.selectbox(
        "级别",
        _COLOURS,
        index=start,
        format_func=lambda c: c.label,
        placeholder="请选择",
        key=form.key("colour"),
        disabled=lifts,
    )
    with third:
        issuer = _issuer(form, template, base)
    span = _span(form, base, template, colour, now)
    codes = st.multiselect(
        "影响区域",
        [CITY, *AREAS],
        default=list(base.area_codes) if base else [CITY],
        format_func=lambda code: usual_area([code]),
        key=form.key("codes"),
    )
    bare = Text(
        kind=template.kind,
        event_code=template.code,
        colour=colour,
        starts_at=span[0],
        expires_at=span[1],
        area="",
        area_codes=tuple(codes),
        headline="",
        notice="",
        measures="",
        issuer=issuer,
    )
    return _words(form, bare, template, base, kind)


def _issuer(form: Form, template: Template, base: PublicWarning | None) -> str:
    issuers = public_words().issuers
    names = [one.name for one in issuers.values()]
    usual = issuers[template.issuer].name if template.issuer else None
    first = base.issuer if base else usual
    chosen = st.selectbox(
        "发布单位",
        names,
        index=names.index(first) if first in names else None,
        key=form.key(f"issuer_{template.code}"),
        disabled=base is not None and base.issued_at is not None,
    )
    return chosen or ""


def _event(form: Form, base: PublicWarning | None) -> Template:
    templates = public_words().templates
    codes = list(templates)
    chosen = st.selectbox(
        "类别",
        codes,
        index=codes.index(base.event_code) if base and base.event_code in codes else 0,
        format_func=lambda code: f"{templates[code].event}（{code}）",
        key=form.key("event"),
        disabled=base is not None and base.issued_at is not None,
    )
    return templates[chosen]


def _span(
    form: Form,
    base: PublicWarning | None,
    template: Template,
    colour: WarningColour | None,
    now: datetime,
) -> tuple[datetime | None, datetime | None]:
    usual = template.words(colour) if colour else None
    starts = base.starts_at if base else now.replace(second=0, microsecond=0)
    lasts = timedelta(hours=usual.lasts_h if usual else 12)
    ends = base.expires_at if base else starts + lasts
    one, other = st.columns(2, gap="small")
    began = _typed(one.text_input("起始时间", said(starts), key=form.key("starts")))
    # Another kind or colour usually lasts another time.
    key = form.key(f"ends_{template.code}_{colour}")
    return began, _typed(other.text_input("失效时间", said(ends), key=key))


def _typed(typed: str) -> datetime | None:
    try:
        return datetime.strptime(typed.strip(), TIME).replace(tzinfo=BEIJING)
    except ValueError:
        return None


def _words(
    form: Form, bare: Text, template: Template, base: PublicWarning | None, kind: MessageKind
) -> Text:
    """The words: the template's, until somebody types others."""
    lifts = kind is MessageKind.CANCEL
    usual = template.words(bare.colour) if bare.colour else None
    # A lifting that came back is changed, not written anew.
    same = (
        base is not None and bare.colour is base.colour and (not lifts or base.message_kind is kind)
    )
    of = f"{template.code}_{bare.colour}_{'+'.join(bare.area_codes)}"
    area = st.text_input(
        "影响范围",
        base.area if base else usual_area(bare.area_codes),
        key=form.key(f"area_{of}"),
        max_chars=legal.MOST_LINE,
    )
    headline = usual_headline(bare, template.event, kind)
    if same and base and base.message_kind is kind:
        headline = base.headline
    headline = st.text_input(
        "标题", headline, key=form.key(f"headline_{of}_{bare.issuer}"), max_chars=legal.MOST_LINE
    )
    notice = base.notice if same and base else _filled(usual.notice if usual else "", area)
    measures = base.measures if same and base else _filled(usual.measures if usual else "", area)
    notice = st.text_area(
        "解除原因" if lifts else "警示事项",
        notice if same or not lifts else "",
        key=form.key(f"notice_{of}"),
        max_chars=legal.MOST_TEXT,
        height=90,
    )
    measures = st.text_area(
        "应当采取的措施",
        measures if same or not lifts else "",
        key=form.key(f"measures_{of}"),
        max_chars=legal.MOST_TEXT,
        height=90,
    )
    changed = {"area": area, "headline": headline, "notice": notice, "measures": measures}
    return Text(**({name: getattr(bare, name) for name in Text.__struct_fields__} | changed))


def _filled(usual: str, area: str) -> str:
    return usual.replace("{area}", area)


def _gaps(text: Text, kind: MessageKind) -> None:
    known = public_words()
    refused = legal.refusal(text, known.voices, known.issuers)
    if refused is not None:
        st.error(words.plain(refused), icon=":material/gavel:")
    gaps = legal.missing(text, kind)
    if gaps:
        st.warning(f"还缺：{'、'.join(gaps)}。", icon=":material/rule:")


def _save(  # noqa: PLR0917
    seat: Seat,
    form: Form,
    text: Text,
    base: PublicWarning | None,
    follows: MessageKind | None,
    exercise: bool,
    incident_id: int | None,
    submit: bool,
) -> None:
    do = partial(_write, seat, text, base, follows, exercise, incident_id, submit)
    ask(do, f"{text.headline}：{'已送审。' if submit else '已存为草稿。'}", form)


def _write(  # noqa: PLR0917
    seat: Seat,
    text: Text,
    base: PublicWarning | None,
    follows: MessageKind | None,
    exercise: bool,
    incident_id: int | None,
    submit: bool,
) -> None:
    known = public_words()
    of = (seat.record, seat.actor)
    if base is None:
        made = composing.compose(*of, text, words=known, exercise=exercise, incident_id=incident_id)
        version = 1
    elif follows is None:
        made = base.id
        version = composing.change(*of, base.id, base.version, text, words=known)
    else:
        made, version = (
            composing.follow_up(*of, base.id, base.version, follows, text, words=known),
            1,
        )
    forget()
    if submit:
        composing.submit(*of, made, version, words=known)
