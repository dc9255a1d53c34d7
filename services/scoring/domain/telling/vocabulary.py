"""What things are called in each language, and how figures are written."""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from shared.languages import LANGUAGES, Language

Named = dict[Language, str]


def _named(english: str, simplified: str, traditional: str) -> Named:
    return dict(zip(LANGUAGES, (english, simplified, traditional), strict=True))


NAMES: Final[dict[str, Named]] = {
    "high": _named("high", "高", "高"),
    "medium": _named("medium", "中", "中"),
    "low": _named("low", "低", "低"),
    "priority": _named("priority", "优先级", "優先級"),
    "major": _named("major", "主要", "主要"),
    "minor": _named("minor", "次要", "次要"),
    "management_system": _named("management system", "管理体系", "管理體系"),
    "labor_employment": _named("labour and employment", "劳工与雇佣", "勞工與僱用"),
    "environmental_impact": _named("environmental impact", "环境影响", "環境影響"),
    "product_liability": _named("product liability", "产品责任", "產品責任"),
    "event": _named("event", "活动", "活動"),
    "course": _named("course", "课程", "課程"),
    "vap": _named("VAP audit", "VAP 审核", "VAP 稽核"),
    "cma": _named("customer-managed audit", "客户管理审核", "客戶管理稽核"),
    "supplemental": _named("supplemental audit", "补充审核", "補充稽核"),
    "internal": _named("internal audit", "内部审核", "內部稽核"),
    "closure": _named("closure audit", "关闭审核", "結案稽核"),
    "document_review": _named("document review", "文件审查", "文件審查"),
}


def name(code: str, language: Language) -> str:
    """Return what a code stands for; one that a policy of one's own has made up is read as it is written."""
    named = NAMES.get(code)
    return code.replace("_", " ") if named is None else named[language]


def figure(value: float, decimals: int = 2) -> str:
    """Return a figure of a score with all its decimals."""
    return f"{_rounded(value, decimals):.{decimals}f}"


def plain(value: float) -> str:
    """Return a figure with up to three decimals, those that are not there left out."""
    text = f"{_rounded(value, 3):f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def signed(value: float) -> str:
    """Return points with their sign; what is less than half a thousandth is 0."""
    text = plain(abs(value))
    return text if text == "0" else f"{'+' if value > 0 else '−'}{text}"  # noqa: RUF001  # the sign of a minus


def sentence(text: str) -> str:
    """Return a text with the capital letter that a sentence begins with."""
    return text[:1].upper() + text[1:]


def finding(piece: Any, words: Mapping[str, str], language: Language) -> str:
    """Return how a finding is named: by its provision, severity and day."""
    return words["finding"].format(
        provision=piece["provision"] or piece["id"],
        severity=name(piece["severity"], language),
        discovered_on=piece["discovered_on"],
    )


def _rounded(value: float, decimals: int) -> Decimal:
    # By way of the text with nine decimals: 0.125 that is a hair too small is meant as 0.125.
    return Decimal(f"{value:.9f}").quantize(Decimal(1).scaleb(-decimals), ROUND_HALF_UP)
