"""What a report is called on paper, in the message and on the screen."""

from linkage.exercise.marking import mark
from linkage.reporting.limits import ReportLimits
from linkage.reporting.reports import Report
from linkage.response_vocabulary import ReportElement, ReportStage


def title_of(one: Report, limits: ReportLimits) -> str:
    """关于…的报告（首报）."""
    drill = mark(exercise=one.exercise)
    if one.stage in {ReportStage.ZERO, ReportStage.BRIEF}:
        period = one.elements.get(ReportElement.PERIOD, "")
        return f"{drill}{limits.issuer.name}{one.stage.label}（{period}）"
    place = one.elements.get(ReportElement.PLACE, "")
    kind = one.elements.get(ReportElement.KIND, "").partition("（")[0]
    return f"{drill}关于{place}{kind}的报告（{one.name}）"
