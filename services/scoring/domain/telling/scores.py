"""A score's explanation in sentences."""

from collections.abc import Iterator, Mapping
from typing import Any

from services.scoring.domain.policy import Policy
from services.scoring.domain.telling import vocabulary
from services.scoring.domain.telling.score_words import WORDS
from services.scoring.domain.telling.vocabulary import figure, name, plain
from shared.languages import Language

MOST_FINDINGS = 20
LISTED: dict[Language, str] = {"en": ", ", "zh-Hans": "、", "zh-Hant": "、"}
_STATES = {"open": "open", "plan_approved": "plan_approved", "overdue": "overdue_finding", "closed": "closed"}

Explanation = Mapping[str, Any]


def tell_score(explanation: Explanation, policy: Policy, language: Language) -> list[str]:
    """Return an explanation, that of a score under `policy`, as sentences; each says what its figures say."""
    words = WORDS[language]
    return [
        words["score"].format(
            as_of=explanation["as_of"],
            supplier=explanation["supplier_code"],
            score=figure(explanation["score"]),
            tier=name(explanation["risk_tier"], language),
            policy=explanation["policy"],
            version=explanation["policy_version"],
        ),
        *_tier(explanation, words, language),
        *_categories(explanation, policy, words, language),
        *_findings(explanation, words, language),
        *_credit(explanation["credit"], words),
        *_sum(explanation, words),
    ]


def reason(code: str, explanation: Explanation, words: Mapping[str, str], language: Language) -> str:
    """Return the rule of a tier that applied, by its stable code."""
    tier = name(explanation["risk_tier"], language)
    rule, _, category = code.partition(":")
    if rule.startswith("base_below_"):
        limit = rule.removeprefix("base_below_")
        return words["base_below"].format(tier=tier, base=figure(explanation["base"]), limit=limit)
    if rule.startswith("category_below_"):
        (scored,) = (each["score"] for each in explanation["categories"] if each["category"] == category)
        limit = rule.removeprefix("category_below_")
        return words["category_below"].format(
            tier=tier, category=name(category, language), score=figure(scored), limit=limit
        )
    if rule.startswith("open_"):
        severity = rule.removeprefix("open_").removesuffix("_finding")
        return words["open_finding"].format(tier=tier, severity=name(severity, language))
    return words["overdue"].format(tier=tier, severity=name(rule.removeprefix("overdue_"), language))


def _tier(explanation: Explanation, words: Mapping[str, str], language: Language) -> Iterator[str]:
    yield from (reason(code, explanation, words, language) for code in explanation["tier_reasons"])
    if not explanation["tier_reasons"]:
        yield words["low"]
    # What a person has said stands beside the score, where it has been put there.
    override = explanation.get("tier_override")
    if override is not None:
        yield words["override"].format(
            tier=name(override["risk_tier"], language),
            valid_from=override["valid_from"],
            valid_until=override["valid_until"],
        )
        if override["reason"]:
            yield words["override_reason"].format(reason=override["reason"])


def _categories(
    explanation: Explanation, policy: Policy, words: Mapping[str, str], language: Language
) -> Iterator[str]:
    listed = LISTED[language]
    categories = explanation["categories"]
    named = [f"{name(each['category'], language)} {figure(each['score'])}" for each in categories]
    yield words["base"].format(base=figure(explanation["base"]), categories=listed.join(named))
    for each in categories:
        kinds = {kind: each[kind] for kind in ("audit", "survey", "inherent")}
        yield words["category"].format(
            category=vocabulary.sentence(name(each["category"], language)),
            part=plain(100 * each["weight"]),
            score=figure(each["score"]),
            weights=listed.join(f"{plain(100 * kind['weight'])} %" for kind in kinds.values()),
            **{code: plain(kind["figure"]) for code, kind in kinds.items()},
        )
    yield from _assumed(explanation, policy, words, language)


def _assumed(explanation: Explanation, policy: Policy, words: Mapping[str, str], language: Language) -> Iterator[str]:
    """What stood in for evidence that there is none of, each said once for all the categories that lack it."""
    categories = explanation["categories"]

    def named(those: list[Any]) -> str:
        return LISTED[language].join(name(each["category"], language) for each in those)

    if lacking := [each for each in categories if each["audit"]["assumed"]]:
        prudent, months = plain(policy.prudent.audit), policy.windows.audit
        yield words["audit_assumed"].format(category=named(lacking), months=months, prudent=prudent)
    silent = [each for each in categories if each["survey"]["silent"]]
    if silent:
        due_on = silent[0]["survey"]["unanswered"]["due_on"]
        yield words["silent"].format(category=named(silent), due_on=due_on)
    if lacking := [each for each in categories if each["survey"]["assumed"] and not each["survey"]["silent"]]:
        prudent, months = plain(policy.prudent.survey), policy.windows.survey
        yield words["survey_assumed"].format(category=named(lacking), months=months, prudent=prudent)
    if categories[0]["inherent"]["assumed"]:
        yield words["country_assumed"]


def _findings(explanation: Explanation, words: Mapping[str, str], language: Language) -> Iterator[str]:
    counting = sorted((each for each in explanation["findings"] if each["counts"]), key=lambda each: each["effect"])
    between = " " if language == "en" else ""
    for each in counting[:MOST_FINDINGS]:
        facts = {**each, "finding": vocabulary.finding(each, words, language)}
        facts |= {number: plain(each[number]) for number in ("points", "factor", "deduction")}
        facts["effect"] = plain(-each["effect"])
        stands = [words[part].format(**facts) for part in _standing(each, explanation["as_of"])]
        yield vocabulary.sentence(between.join([*stands, words["deduction"].format(**facts)]))
    if rest := counting[MOST_FINDINGS:]:
        yield words["more"].format(count=len(rest), effect=plain(-sum(each["effect"] for each in rest)))


def _standing(finding: Mapping[str, Any], day: str) -> Iterator[str]:
    """The words for how a finding stands on a day."""
    state = finding["state"]
    if state == "plan_approved" and finding["implemented_on"] is not None and finding["implemented_on"] <= day:
        yield "implemented"
        return
    yield _STATES[state]
    if state in ("open", "plan_approved") and finding["due_on"] is not None:
        yield "due"


def _credit(credit: Mapping[str, Any] | None, words: Mapping[str, str]) -> Iterator[str]:
    if credit is None or not credit["before_cap"]:
        return
    yield words["credit"].format(
        points=plain(credit["points"]),
        **{each: credit[each]["distinct"] for each in ("events", "courses", "certificates")},
    )
    if credit["withheld_by_open_finding"]:
        yield words["withheld"].format(would=plain(min(credit["cap"], credit["before_cap"])))
    elif credit["before_cap"] > credit["cap"]:
        yield words["cap"].format(before_cap=plain(credit["before_cap"]), cap=plain(credit["cap"]))


def _sum(explanation: Explanation, words: Mapping[str, str]) -> Iterator[str]:
    sums = explanation["sums"]
    if sums["total"] > sums["at_most_100"]:
        yield words["limit"].format(total=plain(sums["total"]))
    else:
        # all of its decimals: with fewer, half a hundredth may look as if it were rounded the wrong way
        total = f"{sums['total']:.9f}".rstrip("0").rstrip(".")
        yield words["sum"].format(total=total, score=figure(explanation["score"]))
    all_known = not explanation["assumed"]
    yield (
        words["all_known"] if all_known else words["confidence"].format(percent=plain(100 * explanation["confidence"]))
    )
    if explanation["valid_until"] is not None:
        yield words["until"].format(valid_until=explanation["valid_until"])
