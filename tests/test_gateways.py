"""Gateways as they are: silent, dripping, refusing, babbling. Every one a real socket."""

import json
import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from ingest.means.gateway_file import Gateways, HttpGateway, MailServer, load_gateways
from ingest.means.http_gateway import HttpAdapter, cut, judge
from ingest.means.mail import MailAdapter
from ingest.means.outcome import Failed, Sent
from ingest.simulate.gateways import Fault, Inbox, gateways
from linkage.errors import BadConfig
from linkage.means.sending import Outgoing
from linkage.response_vocabulary import Means
from tests.patience import not_for_ever

DEMO = load_gateways(str(Path(__file__).parents[1] / "data" / "demo" / "gateways.toml"))
SECRET = "s3cret-token"


def notice(**changes: object) -> Outgoing:
    one = Outgoing(
        id=41,
        means=Means.SMS,
        address="00000000119",
        title="联动指令 20261122-0001 危化品泄漏",
        text="牵头任务：赶赴现场",
        attempts=1,
        created_at=datetime.now(UTC),
        agency_id="fire",
        incident_id=1,
        assignment_id=7,
        exercise=False,
    )
    return msgspec.structs.replace(one, **changes)


def at_port(http: int, smtp: int = 1, **changes: object) -> Gateways:
    """The demonstration's gateways, at these ports and in a hurry."""
    assert DEMO.sms
    assert DEMO.webhook
    assert DEMO.email
    replaced = {"timeout_s": 0.5, **changes}

    def here(one: HttpGateway) -> HttpGateway:
        return msgspec.structs.replace(one, url=one.url.replace("18590", str(http)), **replaced)

    mail = msgspec.structs.replace(DEMO.email, port=smtp, timeout_s=0.5)
    return Gateways(sms=here(DEMO.sms), webhook=here(DEMO.webhook), email=mail)


@contextmanager
def working(**faults: Fault) -> Iterator[tuple[Inbox, Gateways]]:
    inbox = Inbox(faults)
    with gateways(inbox) as (http, smtp):
        yield inbox, at_port(http, smtp)


def sms(of: Gateways) -> HttpAdapter:
    assert of.sms
    return HttpAdapter("短信网关", of.sms)


def mail(of: Gateways) -> MailAdapter:
    assert of.email
    return MailAdapter(of.email)


def failed(made: Sent | Failed) -> Failed:
    assert isinstance(made, Failed), made
    return made


def test_a_short_message_arrives_with_the_gateways_number() -> None:
    with working() as (inbox, of):
        made = sms(of).send(notice())
    assert made == Sent("短信网关已受理，编号 sms-1")
    assert inbox.received[0].to == "00000000119"
    assert "赶赴现场" in inbox.received[0].text


def test_the_same_notice_again_carries_the_same_id_so_the_gateway_knows_it() -> None:
    """K03: resend with the same id; whoever has it already takes it once."""
    with working() as (inbox, of):
        adapter = sms(of)
        assert adapter.send(notice()) == adapter.send(notice(attempts=2))
    assert len(inbox.received) == 1


def test_a_long_text_is_cut_in_numbered_parts_and_nothing_is_left_out() -> None:
    """K14: what is longer than a gateway takes is never cut off in silence."""
    text = "现场情况" * 200
    with working() as (inbox, of):
        made = sms(of).send(notice(text=text))
    assert isinstance(made, Sent)
    assert "分 3 条" in made.detail
    assert [one.text[:5] for one in inbox.received] == ["（1/3）", "（2/3）", "（3/3）"]
    assert all(len(one.text) <= 300 for one in inbox.received)
    whole = "".join(one.text[5:] for one in inbox.received)
    assert whole == f"{notice().title}\n{text}"
    assert cut("短", 20) == ["短"]


def test_a_retry_goes_on_with_the_part_that_failed() -> None:
    long = notice(text="现" * 700)
    with working() as (inbox, of):
        adapter = sms(of)

        class Interrupted(list):  # the second part meets a fault
            def append(self, one: object) -> None:
                super().append(one)
                inbox.faults["sms"] = Fault.ERROR

        inbox.received = Interrupted()
        assert "第 2/3 条" in failed(adapter.send(long)).reason
        inbox.faults.clear()
        inbox.received = list(inbox.received)
        assert isinstance(adapter.send(long), Sent)
    assert [one.id[-1] for one in inbox.received] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("fault", "words", "retry"),
    [
        (Fault.BLACK_HOLE, "超时", True),
        (Fault.HANG_UP, "连接失败", True),
        (Fault.ERROR, "答复 500", True),
        (Fault.GARBAGE, "看不懂", True),
        (Fault.REDIRECT, "未跟随", False),
        (Fault.REFUSE, "号码不存在", False),
    ],
)
def test_a_gateway_that_fails_says_how_and_whether_to_try_again(
    fault: Fault, words: str, retry: bool
) -> None:
    with working(sms=fault) as (inbox, of), not_for_ever():  # the timeout is half a second
        made = failed(sms(of).send(notice()))
    assert words in made.reason
    assert made.retry is retry
    assert inbox.received == []


@pytest.mark.parametrize(
    "said", [b"[" * 60_000, b'{"code":' * 10_000, b"\xff\xfe\x00", b"NaN", b"1" * 5_000, b""]
)
def test_an_answer_that_is_no_form_is_a_failure_with_words(said: bytes) -> None:
    assert DEMO.sms
    made = failed(judge(DEMO.sms, "短信网关", 200, said))
    assert made.retry


def closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def test_a_port_where_nobody_listens_is_told_as_such() -> None:
    of = at_port(closed_port(), closed_port())
    for adapter in (sms(of), mail(of)):
        made = failed(adapter.send(notice(address="119@example.invalid")))
        assert "连接失败" in made.reason
        assert made.retry


@contextmanager
def dripping() -> Iterator[int]:
    """A server that sends a byte now and then, for ever."""
    ended = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as server:

        def serve() -> None:
            line, _ = server.accept()
            with line:
                while not ended.wait(0.1):
                    try:
                        line.sendall(b"2")
                    except OSError:
                        return

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        ended.set()
        thread.join(5)


@pytest.mark.parametrize("which", [sms, mail])
def test_who_drips_a_byte_at_a_time_is_given_up_too(which: object) -> None:
    """The timeout of a socket counts each read, so a drip would hold it for hours."""
    with dripping() as port, not_for_ever():
        made = failed(which(at_port(port, port)).send(notice(address="119@example.invalid")))  # type: ignore[operator]
    assert "超时" in made.reason or "连接失败" in made.reason


def test_no_proxy_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, f"http://127.0.0.1:{closed_port()}")
    with working() as (_, of):
        assert isinstance(sms(of).send(notice()), Sent)


def test_a_letter_arrives_once_per_message_id() -> None:
    with working() as (inbox, of):
        assert mail(of).send(notice(address="119@example.invalid")) == Sent("邮件服务器已受理")
        mail(of).send(notice(address="119@example.invalid"))
    (letter,) = inbox.received
    assert letter.to == "119@example.invalid"
    assert "赶赴现场" in letter.text
    assert letter.id == "<linkage-notice-41@example.invalid>"


@pytest.mark.parametrize(
    ("fault", "words", "retry"),
    [
        (Fault.BLACK_HOLE, "超时", True),
        (Fault.HANG_UP, "邮件服务器", True),
        (Fault.ERROR, "451", True),
        (Fault.GARBAGE, "邮件服务器", True),
        (Fault.REFUSE, "550", False),
    ],
)
def test_a_mail_server_that_fails_says_how(fault: Fault, words: str, retry: bool) -> None:
    with working(email=fault) as (inbox, of):
        made = failed(mail(of).send(notice(address="119@example.invalid")))
    assert words in made.reason
    assert made.retry is retry
    assert inbox.received == []


@pytest.mark.parametrize("address", ["", "119", "a@b@c", "a b@example.invalid", "x@y>\r\nRCPT"])
def test_what_is_no_mail_address_is_not_tried(address: str) -> None:
    with working() as (inbox, of):
        assert not failed(mail(of).send(notice(address=address))).retry
    assert inbox.tried == 0


def test_a_title_with_a_line_break_makes_no_second_header() -> None:
    with working() as (inbox, of):
        made = failed(mail(of).send(notice(address="a@example.invalid", title="x\r\nBcc: y@z")))
    assert not made.retry
    assert inbox.received == []


def test_what_stands_in_a_text_is_never_read_as_a_place_to_fill() -> None:
    """K14: template injection: {secret} in a task text stays what it is."""
    with working() as (inbox, of):
        sms(of).send(notice(text="{secret} {to} {{7*7}} ${jndi:x}", address="{id}"))
    assert "{secret} {to} {{7*7}} ${jndi:x}" in inbox.received[0].text
    assert inbox.received[0].to == "{id}"


class Kept:
    """A server that keeps the raw request and answers as told."""

    def __init__(self, answer: bytes) -> None:
        self.request = b""
        self._answer = answer

    @contextmanager
    def serving(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as server:

            def serve() -> None:
                line, _ = server.accept()
                with line:
                    while not self._whole():
                        self.request += line.recv(65_536)
                    line.sendall(self._answer)

            thread = threading.Thread(target=serve, daemon=True)
            thread.start()
            yield int(server.getsockname()[1])
            thread.join(5)

    def _whole(self) -> bool:
        head, end, body = self.request.partition(b"\r\n\r\n")
        length = re.search(rb"(?i)content-length: (\d+)", head)
        return bool(end) and len(body) >= int(length[1] if length else 0)


OK = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"


def test_the_token_comes_from_its_file_and_leaves_no_trace(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    file = tmp_path / "token"
    file.write_text(f"{SECRET}\n", encoding="utf-8")
    kept = Kept(b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n")
    with kept.serving() as port:
        gateway = HttpGateway(
            url=f"http://127.0.0.1:{port}/send?access_token={{secret}}",
            headers={"Authorization": "Bearer {secret}"},
            fields={"to": "{to}"},
            secret_file=str(file),
            timeout_s=2,
        )
        made = failed(HttpAdapter("短信网关", gateway).send(notice()))
    assert SECRET.encode() in kept.request
    assert SECRET not in made.reason
    assert SECRET not in caplog.text
    assert SECRET not in repr(gateway)


def test_each_group_of_the_office_chat_has_a_key_of_its_own(tmp_path: Path) -> None:
    keys = tmp_path / "keys.toml"
    keys.write_text('"消防群" = "k-119"\n', encoding="utf-8")
    kept = Kept(OK)
    with kept.serving() as port:
        gateway = HttpGateway(
            url=f"http://127.0.0.1:{port}/webhook?key={{key}}",
            fields={"msgtype": "markdown", "markdown": {"content": "{markdown}"}},
            keys_file=str(keys),
            timeout_s=2,
        )
        made = HttpAdapter("政务微信", gateway).send(notice(address="消防群", text="[x](http://y)"))
    assert isinstance(made, Sent)
    assert b"key=k-119" in kept.request
    body = json.loads(kept.request.partition(b"\r\n\r\n")[2])
    assert "\\[x\\]\\(http://y\\)" in body["markdown"]["content"]


def test_a_gateway_of_forms_gets_a_form() -> None:
    kept = Kept(OK)
    with kept.serving() as port:
        url = f"http://127.0.0.1:{port}/s"
        gateway = HttpGateway(
            url=url, body="form", fields={"m": "{to}", "c": "{text}"}, timeout_s=2
        )
        assert isinstance(HttpAdapter("短信网关", gateway).send(notice(text="a&b=c")), Sent)
    assert b"m=00000000119&c=" in kept.request
    assert b"a%26b%3Dc" in kept.request


BAD = {
    '[sms]\nurl = "ftp://x"': "不是网址",
    '[sms]\nurl = "http://127.0.0.1"\nlongest = 3': "longest 是 3",
    '[sms]\nurl = "http://127.0.0.1"\ntimeout_s = 900': "timeout_s",
    '[sms]\nurl = "http://127.0.0.1"\nsecret_file = "/gone"': "没有文件 /gone",
    '[sms]\nurl = "http://127.0.0.1"\npassword = "x"': "不认识的项 password",
    '[fax]\nurl = "http://127.0.0.1"': "不认识的项",
    '[email]\nhost = "h"\nport = 25\nsender = "x"': "不是邮箱地址",
    '[email]\nhost = "h"\nport = 25\nsender = "a@b"\nuser = "u"\nsecurity = "none"': "明文",
}


@pytest.mark.parametrize("text", list(BAD))
def test_a_broken_gateway_file_says_what_and_where(text: str, tmp_path: Path) -> None:
    file = tmp_path / "gateways.toml"
    file.write_text(text, encoding="utf-8")
    with pytest.raises(BadConfig, match=r"gateways\.toml") as refused:
        load_gateways(str(file))
    assert BAD[text] in str(refused.value)
    assert refused.value.remedy


def test_without_a_file_there_are_no_gateways() -> None:
    assert load_gateways("") == Gateways()
    assert isinstance(DEMO.email, MailServer)
