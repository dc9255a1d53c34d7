"""The figures of a review's pack for sales management."""

from services.scoring.domain.report.cards import Asked, Card, Earlier, Edition
from services.scoring.domain.report.categories import CategoryStanding
from services.scoring.domain.report.distribution import Part
from services.scoring.domain.report.movers import Movement, Mover
from services.scoring.domain.report.pack import Pack, compile_pack
from services.scoring.domain.report.trends import QUARTERS_SHOWN, Overall, Point

__all__ = [
    "QUARTERS_SHOWN",
    "Asked",
    "Card",
    "CategoryStanding",
    "Earlier",
    "Edition",
    "Movement",
    "Mover",
    "Overall",
    "Pack",
    "Part",
    "Point",
    "compile_pack",
]
