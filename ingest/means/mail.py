"""E-mail: one letter by SMTP, with TLS where the customer has it."""

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.policy import SMTP

from ingest.means.deadline import OF_SOCKET, deadline
from ingest.means.gateway_file import MailServer, read_secret
from ingest.means.outcome import Failed, Sent
from linkage.means.sending import Outgoing

# What a mail server greets with.
_READY = 220


class MailAdapter:
    def __init__(self, server: MailServer) -> None:
        self._server = server

    def send(self, notice: Outgoing) -> Sent | Failed:
        if notice.address.count("@") != 1 or set(notice.address) & set(" <>,;:\\\"'"):
            return Failed("收件地址不是邮箱", retry=False)
        try:
            self._hand_over(notice)
        except smtplib.SMTPRecipientsRefused as why:
            code, words = next(iter(why.recipients.values()), (0, b""))
            return Failed(f"邮件服务器不收此地址（{code} {_text(words)}）", retry=code // 100 != 5)
        except smtplib.SMTPAuthenticationError as why:
            return Failed(f"邮件服务器不认账号口令（{why.smtp_code}）", retry=False)
        except smtplib.SMTPResponseException as why:
            said = _text(why.smtp_error)
            return Failed(f"邮件服务器答复 {why.smtp_code} {said}", retry=why.smtp_code // 100 != 5)
        except smtplib.SMTPException as why:
            return Failed(f"邮件服务器：{type(why).__name__} {str(why)[:80]}")
        except TimeoutError as why:
            return Failed(f"邮件服务器超时：{str(why) or '没有答复'}")
        except ssl.SSLCertVerificationError as why:
            return Failed(f"邮件服务器的证书不可信（{why.verify_message}）")
        except OSError as why:
            return Failed(f"邮件服务器连接失败：{why.strerror or type(why).__name__}")
        except ValueError as why:
            return Failed(f"邮件无法编成：{type(why).__name__}", retry=False)
        return Sent("邮件服务器已受理")

    def _hand_over(self, notice: Outgoing) -> None:
        of = self._server
        tls = ssl.create_default_context(cafile=of.ca or None)
        line = _TlsLine(of, tls) if of.security == "tls" else _Line(of)
        with deadline(of.timeout_s, lambda: line.sock):
            try:
                code, said = line.connect(of.host, of.port)
                if code != _READY:
                    raise smtplib.SMTPConnectError(code, said)
                if of.security == "starttls":
                    line.starttls(context=tls)
                if of.user:
                    line.login(of.user, read_secret(of.secret_file))
                line.send_message(self._letter(notice))
                line.quit()
            finally:
                line.close()

    def _letter(self, notice: Outgoing) -> EmailMessage:
        letter = EmailMessage(policy=SMTP)
        letter["Subject"] = notice.title
        letter["From"] = self._server.sender
        letter["To"] = notice.address
        letter["Date"] = datetime.now(UTC)
        # The same at every try: a mail server shows a repetition once.
        domain = self._server.sender.rpartition("@")[2]
        letter["Message-ID"] = f"<linkage-notice-{notice.id}@{domain}>"
        letter.set_content(notice.text)
        return letter


class _Line(smtplib.SMTP):
    """Not connected yet, so that the deadline holds for the greeting too; but smtplib checks the
    certificate against the host that it was made with."""

    def __init__(self, of: MailServer) -> None:
        super().__init__(timeout=of.timeout_s * OF_SOCKET)
        self._host = of.host


class _TlsLine(smtplib.SMTP_SSL):
    def __init__(self, of: MailServer, tls: ssl.SSLContext) -> None:
        super().__init__(timeout=of.timeout_s * OF_SOCKET, context=tls)
        self._host = of.host


def _text(said: bytes | str) -> str:
    text = said.decode("utf-8", "replace") if isinstance(said, bytes) else said
    return " ".join(text.split())[:80]
