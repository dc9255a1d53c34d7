"""Getting to know the suppliers of a batch before it is taken in."""

from collections.abc import Sequence

from services.audit.schemas.rows import AuditRow, SurveyRow
from services.audit.service import suppliers
from shared.imports import Row
from shared.web.resources import Resources


async def prepare_suppliers(resources: Resources, rows: Sequence[Row[AuditRow | SurveyRow]]) -> None:
    """Ask the registry about suppliers not known here; Unavailable, so that the import waits, while it is away."""
    await suppliers.find_suppliers(resources, {row.data.supplier_code for row in rows}, ())


def no_supplier(code: str) -> str:
    """What to say of a row whose supplier does not exist."""
    return f"no supplier has the code {code}"
