"""Scores and their changes told in plain sentences, for whoever runs a supplier's factory."""

from services.scoring.domain.telling.changes import tell_changes
from services.scoring.domain.telling.scores import tell_score

__all__ = ["tell_changes", "tell_score"]
