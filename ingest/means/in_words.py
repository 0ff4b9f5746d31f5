"""What `python -m ingest check` says of the other means: what is set up, what nobody filled in."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from ingest.means.gateway_file import load_gateways
from linkage.means.ways import missing
from linkage.response.agencies import Agency
from linkage.response_vocabulary import Means
from linkage.settings import Settings


def means_in_words(settings: Settings, agencies: Mapping[str, Agency]) -> Iterator[str]:
    """One line for each means, then one for each address that is wanted and not there.

    No means at all is no fault: sheets and the telephone list need none. Raises BadConfig.
    """
    found = load_gateways(settings.gateways)
    for means, gateway in ((Means.SMS, found.sms), (Means.WEBHOOK, found.webhook)):
        # The host only: an address may hold a key.
        where = urlsplit(gateway.url).netloc.rpartition("@")[2] if gateway else _NONE
        yield f"{means.label}：{where}"
    mail = found.email
    server = f"{mail.host}:{mail.port}，{mail.security}" if mail else _NONE
    yield f"{Means.EMAIL.label}：{server}"
    yield f"{Means.SHEET.label}：{settings.data}/sheets"
    for means in (Means.WEBHOOK, Means.SMS, Means.TELEPHONE, Means.EMAIL):
        names = [agency.name for agency in agencies.values() if means in missing(agency)]
        if names:
            yield f"{means.label}未登记 {len(names)} 个单位：{'、'.join(names)}（LINKAGE_CONTACTS）"


_NONE = "未配置（LINKAGE_GATEWAYS）"
