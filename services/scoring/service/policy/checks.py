"""Whether what somebody wrote is a policy: every fault at once, each by its place in the request."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from services.scoring.clients import AuditClient
from services.scoring.domain.policy import ANY, Policy
from services.scoring.domain.policy.document import from_dict, to_dict
from services.scoring.domain.policy.merging import merged
from services.scoring.domain.policy.provisions import mapped_provisions, unknown_editions, unknown_provisions
from services.scoring.domain.policy.warnings import policy_warnings
from services.scoring.repository import policies as repository
from shared.errors import FieldError, Invalid
from shared.web.resources import Resources

ANY_VERSION = 1
"""Stands for the version while it is not known which one a draft will get."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What came of a check; a document with errors is no policy. Pointers lead into the request."""

    policy: Policy | None
    errors: Sequence[FieldError]
    warnings: Sequence[FieldError]

    def or_raise(self) -> Policy:
        """The policy, or Invalid with everything that is wrong."""
        if self.policy is None:
            raise Invalid("The policy is not usable.", code="policy-invalid", fields=self.errors)
        return self.policy


async def based_on(session: AsyncSession, version: int, changes: Mapping[str, Any]) -> dict[str, Any]:
    """The document of that version with these changes; Invalid where there is no such version."""
    base = (await repository.list_policies(session, [version])).get(version)
    if base is None:
        raise Invalid(f"There is no policy {version}.", fields=[FieldError("#/based_on", "no such policy")])
    return merged(to_dict(from_dict(base.document)), changes)


async def check_document(resources: Resources, document: Mapping[str, Any], name: str | None) -> Checked:
    """What a document comes to under a name (null: its own). To be called outside any transaction: it asks audit.

    Unavailable where the document names provisions and audit is away.
    """
    errors: list[FieldError] = []
    warnings: list[FieldError] = []
    policy: Policy | None = None
    try:
        policy = from_dict({**document, "version": ANY_VERSION} | ({} if name is None else {"name": name}))
        warnings += policy_warnings(policy)
    except Invalid as wrong:
        errors += wrong.fields
    mapped = mapped_provisions(document)
    if mapped:
        named = {key.standard for key in mapped.values() if key.provision != ANY}
        catalogue = await AuditClient(resources).read_catalogue(named)
        errors += unknown_provisions(mapped, catalogue)
        warnings += unknown_editions(mapped, catalogue)
    return Checked(None if errors else policy, _in_request(errors), _in_request(warnings))


def _in_request(found: Sequence[FieldError]) -> list[FieldError]:
    return [FieldError(f"#/document{each.pointer}", each.detail) for each in found]
