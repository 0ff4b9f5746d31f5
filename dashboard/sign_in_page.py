"""The sign-in pages as HTML: no script, nothing from elsewhere, every foreign text escaped."""

from collections.abc import Iterable
from html import escape
from itertools import groupby
from urllib.parse import quote

from linkage.access.accounts import NewAccount
from linkage.access.stay_rules import Passwords
from linkage.vocabulary import Role

_STYLE = """
:root { color-scheme: light dark; --back: #f1f4f8; --card: #fff; --ink: #17202b; --dim: #51606f;
  --line: #b9c4d0; --deed: #0b5cad; --bad: #a1121f; --badback: #fdecee; --good: #0d5c2f;
  --goodback: #e7f6ec; --drill: #5b2a86; }
@media (prefers-color-scheme: dark) { :root { --back: #0e1621; --card: #17212e; --ink: #e3eaf2;
  --dim: #a9b7c6; --line: #45566a; --deed: #2f7fd6; --bad: #ffb3ba; --badback: #4a1820;
  --good: #a5e3bd; --goodback: #133a25; --drill: #d3b3f5; } }
* { box-sizing: border-box; }
body { margin: 0; min-height: 100vh; display: grid; place-items: center; padding: 1.5rem 1rem;
  background: var(--back); color: var(--ink); font: 16px/1.5 'Noto Sans CJK SC',
  'Source Han Sans SC', 'Microsoft YaHei', 'PingFang SC', sans-serif; }
main { width: 100%; max-width: 26rem; background: var(--card); border: 1px solid var(--line);
  border-radius: 8px; padding: 1.75rem; }
h1 { font-size: 1.4rem; margin: 0 0 .25rem; } p { margin: .25rem 0 .75rem; color: var(--dim); }
label { display: block; margin: .8rem 0 .2rem; font-weight: 600; }
input { width: 100%; font: inherit; padding: .55rem .7rem; border: 1px solid var(--line);
  border-radius: 6px; background: var(--back); color: var(--ink); }
button { font: inherit; border: 1px solid var(--deed); border-radius: 6px; cursor: pointer;
  padding: .55rem .9rem; background: var(--deed); color: #fff; }
.wide { width: 100%; margin-top: 1.2rem; font-weight: 600; }
:focus-visible { outline: 3px solid #f0a500; outline-offset: 2px; }
.city { display: block; text-align: center; text-decoration: none; color: var(--ink);
  border: 1px solid var(--deed); border-radius: 6px; padding: .55rem .9rem; }
.said { padding: .6rem .8rem; border-radius: 6px; background: var(--badback); color: var(--bad); }
.said.good { background: var(--goodback); color: var(--good); }
section { margin-top: 1.5rem; padding-top: 1rem; border-top: 2px dashed var(--drill); }
section h2 { font-size: 1rem; margin: 0; color: var(--drill); }
.cast { display: flex; flex-wrap: wrap; gap: .4rem; margin: .3rem 0 .8rem; }
.cast button { background: transparent; color: var(--ink); border-color: var(--line);
  padding: .35rem .6rem; font-size: .92rem; }
summary { cursor: pointer; color: var(--dim); padding: .2rem 0; }
ul { margin: .3rem 0; padding-left: 1.2rem; color: var(--dim); }
"""


def form(
    base: str,
    aim: str,
    said: str,
    cast: Iterable[NewAccount],
    *,
    good: bool = False,
    by_city: bool = False,
) -> str:
    """`aim`: where to go on to. `cast`: whom one click signs in, in a demonstration. `by_city`:
    offer 统一身份认证."""
    aimed = f'<input type="hidden" name="next" value="{escape(aim)}">'
    return _page(
        "登录",
        f"""<h1>应急联动指挥</h1>
<p>请用本人的账户登录；操作将署名并记入日志。</p>
{_said(said, good=good)}
<form method="post" action="{escape(base)}/sign-in">{aimed}
<label for="login">登录名</label>
<input id="login" name="login" autocomplete="username" maxlength="60" required autofocus>
<label for="password">口令</label>
<input id="password" name="password" type="password" autocomplete="current-password"
 maxlength="200" required>
<label for="code">动态码（已启用动态码的账户填写）</label>
<input id="code" name="code" inputmode="numeric" autocomplete="one-time-code" maxlength="10">
<button class="wide">登录</button>
</form>
{_by_city(base, aim) if by_city else ""}
{_cast(base, aimed, list(cast))}""",
    )


def key_form(base: str, secret: str, who: tuple[str, str], rules: Passwords, said: str) -> str:
    """A password to choose. `who`: login and name."""
    login, name = who
    return _page(
        "设置口令",
        f"""<h1>设置口令</h1>
<p>{escape(name)}，登录名 <b>{escape(login)}</b>。
设置后用它登录；原有口令、动态码和已登录的席位随即失效。</p>
{_said(said)}
<form method="post" action="{escape(base)}/sign-in/key/{escape(secret)}">
<input type="hidden" name="username" autocomplete="username" value="{escape(login)}">
<label for="password">新口令</label>
<input id="password" name="password" type="password" autocomplete="new-password" maxlength="200"
 required autofocus>
<label for="again">再输一次</label>
<input id="again" name="again" type="password" autocomplete="new-password" maxlength="200" required>
<ul><li>至少 {rules.shortest} 位</li>
<li>小写字母、大写字母、数字、其他符号至少 {rules.kinds} 种</li>
<li>不含登录名，不用重复字符</li></ul>
<button class="wide">设置口令</button>
</form>""",
    )


def _said(said: str, *, good: bool = False) -> str:
    tone = "said good" if good else "said"
    return f'<div class="{tone}" role="alert">{escape(said)}</div>' if said else ""


def _by_city(base: str, aim: str) -> str:
    address = escape(f"{base}/sign-in/unified?next={quote(aim, safe='')}")
    return f'<a class="wide city" href="{address}">统一身份认证登录</a>'


def _cast(base: str, aimed: str, cast: list[NewAccount]) -> str:
    if not cast:
        return ""
    groups = ""
    for departments, played in groupby(cast, lambda who: who.role is Role.AGENCY_OFFICER):
        buttons = "".join(
            f'<button name="login" value="{escape(who.login)}">{escape(who.name)}</button>'
            for who in played
        )
        title = "联动单位" if departments else "指挥中心"
        row = f'<div class="cast">{buttons}</div>'
        folded = f"<details><summary>{title}</summary>{row}</details>"
        groups += folded if departments else f"<p>{title}</p>{row}"
    return f"""<section><h2>演示环境：一键登录（仅限本机）</h2>
<form method="post" action="{escape(base)}/sign-in/cast">{aimed}{groups}</form>
<p>演示角色没有口令，正式运行时不出现。</p></section>"""


def _page(title: str, body: str) -> str:
    return f"""<!doctype html>
<html lang="zh-CN"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} · 应急联动指挥</title><style>{_STYLE}</style></head>
<body><main>{body}</main></body></html>"""
