"""Which pieces of evidence made the difference between two explanations of the same supplier's score."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from local.report.wording import rule_in_words

# Points of the score that are worth a word.
NOTABLE = 0.1
SHOWN = 3
RISKIEST_FIRST = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class Difference:
    """Something that happened, in words; `effect` is in points of the score, `severity` that of a finding."""

    text: str
    effect: float
    severity: str = ""


def why(before: dict[str, Any], after: dict[str, Any], provisions: dict[str, str]) -> str:
    """Why the risk tier of one explanation is not that of the other: the rules, then the evidence behind them.

    `provisions` has the provision of each finding by its id.
    """
    worse = RISKIEST_FIRST.index(after["risk_tier"]) < RISKIEST_FIRST.index(before["risk_tier"])
    rules = _rules_met(after) - _rules_met(before) if worse else _rules_met(before) - _rules_met(after)
    tier = after["risk_tier"] if worse else before["risk_tier"]
    words = [rule_in_words(rule) for risk_tier, rule in sorted(rules) if risk_tier == tier]
    happened = list(differences(before, after, provisions))
    named = {severity for severity in ("priority", "major") if any(severity in word for word in words)}
    telling = [
        each
        for each in happened
        if each.severity in named or (abs(each.effect) > NOTABLE and (each.effect < 0) == worse)
    ]
    telling.sort(key=lambda each: (each.severity not in named, -abs(each.effect)))
    evidence = [f"{each.text} ({each.effect:+.1f})" for each in telling[:SHOWN]]
    rule_text = ("" if worse else "no longer: ") + ", ".join(words)
    return "; ".join([rule_text, *evidence])


def differences(before: dict[str, Any], after: dict[str, Any], provisions: dict[str, str]) -> Iterator[Difference]:
    """Everything that moved the score from one explanation to the other, but for the credit."""
    yield from _findings(before, after, provisions)
    yield Difference(_survey_text(before, after), _effect(after, "survey") - _effect(before, "survey"))
    yield Difference(
        _audit_text(before, after), _effect(after, "audit", "start_effect") - _effect(before, "audit", "start_effect")
    )
    yield Difference("country figures", _effect(after, "inherent") - _effect(before, "inherent"))


def _rules_met(explanation: dict[str, Any]) -> set[tuple[str, str]]:
    return {(rule["tier"], rule["rule"]) for rule in explanation["tier_rules"] if rule["met"]}


def _effect(explanation: dict[str, Any], kind: str, name: str = "effect") -> float:
    return float(sum(category[kind][name] for category in explanation["categories"]))


def _findings(before: dict[str, Any], after: dict[str, Any], provisions: dict[str, str]) -> Iterator[Difference]:
    """Findings whose state changed; several of a severity to which the same happened are one difference."""
    earlier = {finding["id"]: finding for finding in before["findings"]}
    alike: dict[tuple[str, str], list[tuple[str, float]]] = {}
    for finding in after["findings"]:
        was = earlier.get(finding["id"])
        if was is not None and (was["state"], was["counts"]) == (finding["state"], finding["counts"]):
            continue
        happened, on = _what_happened(was, finding)
        if not happened:
            continue
        effect = _counted(finding) - (0.0 if was is None else _counted(was))
        words = f"{provisions.get(finding['id'], '')} {finding['severity']} {happened} {on or ''}".strip()
        alike.setdefault((finding["severity"], happened), []).append((words, effect))
    for (severity, happened), each in alike.items():
        text = each[0][0] if len(each) == 1 else f"{len(each)} {severity} findings {happened}"
        yield Difference(text, sum(effect for _, effect in each), severity)


def _counted(finding: dict[str, Any]) -> float:
    return float(finding["effect"]) if finding["counts"] else 0.0


def _what_happened(was: dict[str, Any] | None, finding: dict[str, Any]) -> tuple[str, str | None]:
    """What happened to a finding, and the day; an empty text where it is none of the reader's business."""
    state = finding["state"]
    if state == "not_discovered_yet":
        return "", None
    if state == "overdue":
        return "overdue", f"after {finding['due_on']}"
    if state == "closed":
        return ("closed", finding["closed_on"]) if finding["counts"] else ("closed, older than 24 months", None)
    if state == "withdrawn":
        return "withdrawn", finding["withdrawn_on"]
    if was is None or was["state"] == "not_discovered_yet":
        return "found", finding["discovered_on"]
    if finding["implemented_on"] is not None and state == "plan_approved":
        return "implemented", finding["implemented_on"]
    return (state.replace("_", " "), finding["plan_approved_on"] if state == "plan_approved" else None)


def _survey_text(before: dict[str, Any], after: dict[str, Any]) -> str:
    silent = [campaign["due_on"] for campaign in after["campaigns"] if campaign["unanswered"]]
    if silent and any(category["survey"]["silent"] for category in after["categories"]):
        return f"survey due {max(silent)} not answered"
    answered = _days(_answers(after), "submitted_on") - _days(_answers(before), "submitted_on")
    return f"survey answered {max(answered)}" if answered else "survey older than 18 months"


def _answers(explanation: dict[str, Any]) -> list[dict[str, Any]]:
    return [category["survey"]["answer"] for category in explanation["categories"] if category["survey"]["answer"]]


def _audit_text(before: dict[str, Any], after: dict[str, Any]) -> str:
    new = _days(_counting(after), "conducted_on") - _days(_counting(before), "conducted_on")
    return f"audited {max(new)}" if new else "audits older than 24 months"


def _counting(explanation: dict[str, Any]) -> list[dict[str, Any]]:
    return [audit for audit in explanation["audits"] if audit["counts"]]


def _days(items: Iterable[dict[str, Any]], name: str) -> set[str]:
    return {item[name] for item in items}
