"""The changes between two scores in sentences."""

from collections.abc import Mapping
from typing import Any

from services.scoring.domain.telling import vocabulary
from services.scoring.domain.telling.change_words import WORDS
from services.scoring.domain.telling.vocabulary import figure, name, plain, signed
from shared.languages import Language

MOST_CHANGES = 20
ALWAYS_TOLD = ("limit_of_100", "rounding")


def tell_changes(changes: Mapping[str, Any], language: Language) -> list[str]:
    """Return what `explain_changes` found, with the supplier's code, as sentences: the whole, then each change."""
    words = WORDS[language]
    before, after, difference = changes["before"], changes["after"], changes["difference"]
    whole = "stayed" if not difference else "rose" if difference > 0 else "fell"
    tiers = [name(side["risk_tier"], language) for side in (before, after)]
    sentences = [
        words[whole].format(
            from_day=before["as_of"],
            to_day=after["as_of"],
            supplier=changes["supplier_code"],
            by=figure(abs(difference)),
            before=figure(before["score"]),
            after=figure(after["score"]),
        ),
        words["tier_stayed" if tiers[0] == tiers[1] else "tier_changed"].format(before=tiers[0], after=tiers[1]),
    ]
    found = [each for each in changes["contributions"] if each["cause"] not in ALWAYS_TOLD]
    sentences += [_sentence(each, words, language) for each in found[:MOST_CHANGES]]
    if rest := found[MOST_CHANGES:]:
        points = signed(sum(each["points"] for each in rest))
        sentences.append(words["more"].format(count=len(rest), points=points))
    last = [each for each in changes["contributions"] if each["cause"] in ALWAYS_TOLD]
    return sentences + [_sentence(each, words, language) for each in last]


def _sentence(contribution: Mapping[str, Any], words: dict[str, str], language: Language) -> str:
    before, after = contribution["before"] or {}, contribution["after"] or {}
    facts: dict[str, Any] = {**before, **after, "points": signed(contribution["points"])}
    if contribution["evidence"] == "finding":
        facts["finding"] = vocabulary.finding(facts, words, language)
    elif contribution["evidence"] == "survey":
        facts |= {"was_submitted_on": _of(before["answer"], "submitted_on")}
        facts |= {"submitted_on": _of(after["answer"], "submitted_on"), "due_on": _of(after["unanswered"], "due_on")}
    elif contribution["evidence"] == "country_risk":
        facts |= {"was_rank": plain(before["percentile_rank"]), "rank": plain(after["percentile_rank"])}
        facts |= {"was_year": before["year"], "year": after["year"]}
    elif contribution["evidence"] == "policy":
        facts |= {"was_version": before["policy_version"], "version": after["policy_version"]}
    elif contribution["cause"] == "credit_cap":
        facts["cap"] = plain(after["cap"])
    elif "kind" in facts:
        facts["kind"] = name(facts["kind"], language)
    return vocabulary.sentence(words[contribution["cause"]].format(**facts))


def _of(piece: Mapping[str, Any] | None, field: str) -> Any:
    return None if piece is None else piece[field]
