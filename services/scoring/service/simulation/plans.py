"""What a simulation tries: policies as they were when it was asked for, on its days."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Self

from services.scoring.domain.policy import Policy
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.service.policy.calendar import Calendar


@dataclass(frozen=True, slots=True)
class Trial:
    """One day: `quarter` is the one whose performance and sourcing are taken, null where there are none."""

    name: str
    day: date
    quarter: str | None
    baseline: int


@dataclass(frozen=True, slots=True)
class Plan:
    """The policies that are tried, and the trials; with the rules of all policies that take part."""

    tried: Sequence[int]
    trials: Sequence[Trial]
    rules: Mapping[int, Policy]

    @classmethod
    def read(cls, payload: Mapping[str, Any]) -> Self:
        """The plan in a task's payload."""
        trials = [
            Trial(each["name"], date.fromisoformat(each["day"]), each["quarter"], each["baseline"])
            for each in payload["trials"]
        ]
        documents = (from_dict(document) for document in payload["documents"])
        return cls(payload["tried"], trials, {policy.version: policy for policy in documents})

    def written(self) -> dict[str, Any]:
        """The plan as `read` reads it: a draft that is changed meanwhile is tried as it was."""
        return {
            "tried": list(self.tried),
            "trials": [
                {"name": each.name, "day": each.day.isoformat(), "quarter": each.quarter, "baseline": each.baseline}
                for each in self.trials
            ],
            "documents": [to_dict(policy) for policy in self.rules.values()],
        }

    def calendars(self, trial: Trial) -> dict[int, Calendar]:
        """The policies that take part in a trial, each as if it were in force on that day."""
        return {version: Calendar.of(self.rules[version]) for version in {trial.baseline, *self.tried}}
