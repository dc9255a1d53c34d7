"""Texts that have to look a certain way, and what to say, in words and not as a pattern, where they do not."""

import re
from dataclasses import dataclass
from typing import Any

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, PydanticCustomError, core_schema


@dataclass(frozen=True, slots=True)
class Matching:
    """In a field's annotation: the pattern, as API descriptions show it, and what those who miss it are told."""

    pattern: str
    says: str

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Check after whatever else the annotation asks for, such as stripping and length."""
        # A dollar alone would let a line break at the end pass.
        pattern = re.compile(re.sub(r"\$$", r"\\Z", self.pattern))

        def check(text: str) -> str:
            if pattern.search(text) is None:
                raise PydanticCustomError("string_pattern_mismatch", "{says}", {"says": self.says})
            return text

        return core_schema.no_info_after_validator_function(check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Describe it as a pattern."""
        return {**handler(schema), "pattern": self.pattern}
