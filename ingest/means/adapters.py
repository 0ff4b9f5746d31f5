"""Which adapter serves which means, from the settings."""

from collections.abc import Callable, Mapping
from pathlib import Path

from ingest.means.gateway_file import HttpGateway, load_gateways
from ingest.means.http_gateway import HttpAdapter
from ingest.means.mail import MailAdapter
from ingest.means.outcome import Adapter, NotSetUp
from ingest.means.paper import PaperAdapter
from linkage.record import Record
from linkage.response.agencies import Agency
from linkage.response_vocabulary import Means
from linkage.settings import Settings

SHEETS = "sheets"


def make_adapters(
    settings: Settings, record: Record, agencies: Callable[[], Mapping[str, Agency]]
) -> dict[Means, Adapter]:
    """Every means that is sent, the telephone excepted. Raises BadConfig."""
    found = load_gateways(settings.gateways)
    return {
        Means.SMS: _http("短信网关", found.sms),
        Means.WEBHOOK: _http("政务微信", found.webhook),
        Means.EMAIL: MailAdapter(found.email) if found.email else NotSetUp("邮件服务器"),
        Means.SHEET: PaperAdapter(record, Path(settings.data) / SHEETS, agencies),
    }


def _http(name: str, gateway: HttpGateway | None) -> Adapter:
    return HttpAdapter(name, gateway) if gateway else NotSetUp(name)
