"""The explanation of one score: every piece of evidence and its effect, in parts that add up to the score."""

from services.scoring.domain.explanation.explaining import explain

__all__ = ["explain"]
