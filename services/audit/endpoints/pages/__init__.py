"""The pages that suppliers see in a browser."""

from pathlib import Path

from services.audit.endpoints.pages.faults import FAULTS
from services.audit.endpoints.pages.texts import TEXTS
from shared.web.html.pages import Pages

PAGES = Pages(Path(__file__).parent, TEXTS, FAULTS)
