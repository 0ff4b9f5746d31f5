"""How each trouble of ours is told: what is wrong, how bad that is, what to do. Pure."""

from collections.abc import Mapping

from linkage.intake.own_alerts import Wording
from linkage.intake.watch import Expected, Heard, lasting
from linkage.own_state import WHAT_TO_DO, Road
from linkage.response.agencies import Agency, AgencyKind
from linkage.vocabulary import Severity

SILENT = "silent/"
CLIENT = "client/"
AWAY, DEAF, DROPPED = "away", "deaf", "dropped"


def about_silence(source_id: str) -> str:
    return f"{SILENT}{source_id}"


def silence(source: Expected, heard: Heard, agency: Agency | None) -> Wording:
    """A call system that is away is severe: people cannot be helped who call there."""
    calls = agency is not None and agency.kind is AgencyKind.CALL_CENTRE
    who = "来源单位值班室"
    if agency is not None:
        telephone = f"（{agency.telephone}）" if agency.telephone else ""
        who = f"{agency.present_owner}值班室{telephone}"
    often = f"应至少每 {lasting(source.expect_every)}来一报，宽限 {lasting(source.grace)}"
    gone = "消息服务器报告其连接已断开；" if heard.is_offline else ""
    return Wording(
        severity=Severity.SEVERE if calls else Severity.MODERATE,
        wrong=f"接入系统 {source.name} 失联",
        right=f"接入系统 {source.name} 已恢复",
        spell="失联",
        advice=f"{gone}{often}。请电话联系{who}，核查其系统与网络；失联期间的警情请对方改用电话报送，"
        "恢复后核对是否已补发",
    )


def away(count: int) -> Wording:
    return Wording(
        severity=Severity.SEVERE,
        wrong=f"全部 {count} 个接入系统都没有报文",
        right="接入系统恢复来报",
        spell="中断",
        advice="自检正常而没有任何系统来报：请检查消息服务器到各单位的网络、各账号的发布权限；"
        "期间请各单位改用电话报送",
    )


def deaf(road: Road, *, past: bool) -> Wording:
    """`past`: it is over already when it can first be told."""
    what = WHAT_TO_DO[road] or WHAT_TO_DO[Road.STUCK]
    before = "期间的报文由消息服务器保存，正在或已经补收；请核对中断期间是否有电话报警未登记"
    return Wording(
        severity=Severity.MODERATE if past else Severity.SEVERE,
        wrong=f"全部接入中断（{road.label}）" if road is not Road.WELL else "全部接入中断",
        right="全部接入已恢复",
        spell="中断",
        advice=before if past else what,
    )


def dropped(count: int) -> Wording:
    return Wording(
        severity=Severity.MODERATE,
        wrong=f"消息服务器丢弃了报文（累计 {count} 条）",
        right="消息服务器不再丢弃报文",
        spell="历时",
        advice="某个会话的排队超过上限，多为离线的部门或停下的程序。各系统没有收到回执的报文会重发，"
        "不会漏警；请系统管理员查看消息服务器的排队上限和离线会话",
    )


def client(client_id: str, reason: str) -> Wording:
    return Wording(
        severity=Severity.MINOR,
        wrong=f"客户端 {client_id} 反复连接消息服务器",
        right=f"客户端 {client_id} 连接已稳定",
        spell="历时",
        advice=f"{reason}。请联系使用该账号的单位，核对客户端编号是否重复、主题和报文是否合规",
    )


def unboarded(machine: str, told: Mapping[str, object]) -> Wording:
    """The paper board of a machine cannot be written."""
    error, folder = told.get("error") or "已写成", told.get("folder", "")
    return Wording(
        severity=Severity.MODERATE,
        wrong=f"值守看板写不出（{machine}）",
        right=f"值守看板已能写出（{machine}）",
        spell="历时",
        advice=f"{error}。系统若此时中断，手上只有旧的一张：请检查该机磁盘的空间和目录 {folder} 的"
        "权限，并立即打印一份（python -m linkage board --out 另一目录）",
    )
