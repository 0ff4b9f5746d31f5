"""The codes of who may sit at a desk and what lies before them, each with its Chinese label."""

from linkage.vocabulary import Labelled


class View(Labelled):
    """A page. Its code is its address."""

    SITUATION = "situation", "态势总览"
    WALL = "wall", "指挥总览"
    INCIDENT = "incident", "事件处置"
    RESPONSES = "responses", "联动任务"
    DEPARTMENT = "department", "部门工作台"
    REPORTS = "reports", "信息报送"
    WARNINGS = "warnings", "预警发布"
    DUTY = "duty", "值班"
    EXERCISE = "exercise", "演练"
    INTAKE = "intake", "接入状态"
    ANALYSIS = "analysis", "统计研判"
    ACCOUNTS = "accounts", "账户权限"
    AUDIT = "audit", "操作审计"
    OWN = "own", "我的账户"


class SignInMeans(Labelled):
    """How somebody came to sit at a desk."""

    PASSWORD = "password", "口令"
    SECOND_FACTOR = "two_factors", "口令与动态码"  # the column has twelve signs
    UNIFIED = "unified", "统一身份认证"
    CAST = "cast", "演示角色"


class KeyPurpose(Labelled):
    """What a one-time link serves for."""

    SET_PASSWORD = "set_password", "设置口令"
    UNIFIED = "unified", "统一身份认证登录"


class IdleThen(Labelled):
    """What becomes of a desk that nobody has touched for long."""

    LOCK = "lock", "锁定"  # the picture stays; nothing can be done until the password is given
    END = "end", "退出"
    STAY = "stay", "保持"
