"""The addresses that mails bring, as browsers reach them through the door, and what whoever holds one may open."""

import hashlib
from functools import lru_cache
from pathlib import Path
from typing import cast
from uuid import UUID

from services.engagement.domain import mail_tokens
from services.engagement.domain.mail_tokens import Purpose
from services.engagement.settings import EngagementSettings
from shared.errors import NotFound
from shared.web.resources import Resources

UNSUBSCRIBE_PATH, INVITATION_PATH, CALENDAR_PATH, LINK_PATH = "/unsubscribe", "/invitation", "/calendar", "/link"


def settings_of(resources: Resources) -> EngagementSettings:
    """The settings with which this service was opened."""
    return cast("EngagementSettings", resources.settings)


def unsubscribe_url(resources: Resources, delivery_id: UUID) -> str:
    """Where whoever got that mail can say that they want no more of its kind."""
    return _url(resources, UNSUBSCRIBE_PATH, mail_tokens.sign(_key_of(resources), "unsubscribe", delivery_id))


def invitation_url(resources: Resources, invitation_id: UUID) -> str:
    """Where whoever is invited replies, and afterwards finds materials and the questions about the event."""
    return _url(resources, INVITATION_PATH, mail_tokens.sign(_key_of(resources), "invitation", invitation_id))


def calendar_url(resources: Resources, invitation_id: UUID) -> str:
    """Where whoever is invited gets the event as a calendar file."""
    return _url(resources, CALENDAR_PATH, mail_tokens.sign(_key_of(resources), "invitation", invitation_id))


def link_url(resources: Resources, link_id: UUID) -> str:
    """The counted way to an address that a newsletter names; the same for everybody, so nobody is followed."""
    return _url(resources, LINK_PATH, str(link_id))


def open_token(resources: Resources, purpose: Purpose, text: str) -> UUID:
    """The delivery or invitation that a token opens; NotFound where it opens nothing."""
    opened = mail_tokens.read(_key_of(resources), purpose, text)
    if opened is None:
        raise NotFound("This link leads nowhere; perhaps it was cut off.")
    return opened


def _url(resources: Resources, path: str, last: str) -> str:
    return f"{settings_of(resources).public_url.rstrip('/')}/engagement{path}/{last}"


def _key_of(resources: Resources) -> bytes:
    return _read_key(resources.settings.service_key_file)


@lru_cache(maxsize=4)
def _read_key(service_key_file: Path) -> bytes:
    return hashlib.blake2b(service_key_file.read_bytes(), person=b"mail links").digest()
