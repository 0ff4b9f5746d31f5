"""`python -m linkage account`: the first administrator, a lost password, who may come in."""

import argparse
import sys
from datetime import UTC, datetime, timedelta

from sqlalchemy import select

from linkage.access.accounts import find_account
from linkage.access.invitations import first_administrator, make_key
from linkage.access.stay_rules import load_stay_rules
from linkage.access_tables import account
from linkage.access_vocabulary import KeyPurpose
from linkage.actions import Action
from linkage.record import Record
from linkage.settings import Settings
from linkage.vocabulary import Role

DONE, UNABLE = 0, 2
_LINK = "{title}：在浏览器打开  {address}/sign-in/key/{secret}  （{hours} 小时内有效，只能用一次）"


def add_options(parser: argparse.ArgumentParser) -> None:
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--first", action="store_true", help="尚无人能登录时，给出首个管理员的链接")
    what.add_argument("--link", metavar="登录名", help="给出一次性链接，用于忘记口令的管理员")
    what.add_argument("--list", action="store_true", help="列出账户")
    parser.add_argument("--address", default="http://127.0.0.1:8501", help="网页地址，写进链接")


def run(settings: Settings, record: Record, asked: argparse.Namespace) -> int:
    rules = load_stay_rules(settings.tables / "access.toml")
    if asked.list:
        return _list(record)
    if asked.first:
        secret = first_administrator(record, rules)
        title = "首个系统管理员（登录名 admin）设置口令"
    else:
        secret = _link(record, asked.link.strip().casefold(), rules.link.hours)
        title = f"{asked.link} 设置口令"
        if not secret:
            print(f"没有登录名为 {asked.link} 的账户：用 --list 查看。", file=sys.stderr)
            return UNABLE
    if secret:
        address = asked.address.rstrip("/")
        hours = rules.link.hours
        print(_LINK.format(title=title, address=address, secret=secret, hours=hours))
    return DONE


def _link(record: Record, login: str, hours: int) -> str:
    """For who sits at the server itself: the last way in when every administrator is locked out."""
    with record.write(datetime.now(UTC)) as w:
        found = w.cx.execute(select(account.c.id).where(account.c.login == login)).scalar()
        if found is None:
            return ""
        row = find_account(w, found)
        w.log.add("服务器命令行", Action.INVITE, "", after={"name": row.name})
        return make_key(w, row.id, KeyPurpose.SET_PASSWORD, timedelta(hours=hours))


def _list(record: Record) -> int:
    with record.read() as cx:
        rows = cx.execute(select(account).order_by(account.c.login)).all()
    for row in rows:
        state = "启用" if row.active else "停用"
        way = "演示" if row.cast else "口令" if row.password else "未设口令"
        print(
            "\t".join((row.login, row.name, Role(row.role).label, row.agency_id or "", state, way))
        )
    print(f"共 {len(rows)} 个账户")
    return DONE
