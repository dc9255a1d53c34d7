"""What policies would come to, counted supplier by supplier and commodity by commodity."""

from services.scoring.domain.simulation.shares import ShareTally
from services.scoring.domain.simulation.suppliers import Outcome, SupplierTally

__all__ = ["Outcome", "ShareTally", "SupplierTally"]
