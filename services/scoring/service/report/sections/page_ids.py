"""How lines on suppliers lead to the suppliers' pages."""

from collections.abc import Iterable

from services.scoring.domain.report import Card, Pack


def page_id(rank: int) -> str:
    """The id of a supplier's page, by its place in the review."""
    return f"supplier-{rank}"


def pages_of(pack: Pack, cards: Iterable[Card]) -> list[str]:
    """The ids of these suppliers' pages."""
    ranks = {card.supplier_id: rank for rank, card in enumerate(pack.cards, start=1)}
    return [page_id(ranks[card.supplier_id]) for card in cards]
