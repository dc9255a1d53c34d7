"""Who may call engagement's routes."""

from typing import Annotated

from shared.auth.principal import Principal
from shared.web.caller import scoped

Reader = Annotated[Principal, scoped("engagement:read")]
Writer = Annotated[Principal, scoped("engagement:write")]
