"""The pages that people reach by the links in mails."""

from pathlib import Path

from services.engagement.endpoints.pages.texts import TEXTS
from shared.web.html.pages import Pages

PAGES = Pages(Path(__file__).parent, TEXTS)
