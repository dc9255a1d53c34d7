"""What a programme came to, in a form that two runs can be compared by."""

from typing import Any

from bellwether.api import Api
from local.review import Outcome

Results = dict[str, dict[str, Any]]


def read_results(api: Api, outcome: Outcome) -> Results:
    """Scores, the quarter's grades and the shares recommended, each by code."""
    scores = {
        score["supplier_code"]: (score["score"], score["risk_tier"], score["categories"])
        for score in api.items("scoring", "/v1/scores", limit=200)
    }
    cards = api.items("scoring", f"/v1/qbrs/{outcome.quarter}/scorecards", limit=200) if outcome.quarter else ()
    return {
        "scores": scores,
        "grades": {card["supplier_code"]: (card["total"], card["grade"]) for card in cards},
        "shares": {
            f"{allocation['commodity']}/{line['supplier_code']}": line["recommended_share"]
            for allocation in outcome.allocations
            for line in allocation["lines"]
        },
    }


def differences(one: Results, other: Results) -> list[str]:
    """What differs, in words; nothing where both runs came to the same."""
    told = []
    for kind in one:
        for code in sorted(one[kind].keys() | other[kind].keys()):
            left, right = one[kind].get(code), other[kind].get(code)
            if left != right:
                told.append(f"{kind} of {code}: {left} here, {right} there")
    return told
