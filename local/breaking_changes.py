"""What in the API's description would break a client of the last release; `docs/released/` holds that release's.

Known are the usual breaks: an operation, an answer's status, field or word that is gone; another operation id, type or
scope; a request's new required field, or a word that is not taken any more. What is right all the same goes into
`docs/released/accepted.json`, with the reason.
"""

import json
import sys
from collections.abc import Iterator
from typing import Any

from local.openapi import MERGED
from local.supervisor import PROJECT
from shared.openapi.walking import SCHEMAS, operations, rewritten

RELEASED = PROJECT / "docs" / "released" / "openapi.json"
ACCEPTED = PROJECT / "docs" / "released" / "accepted.json"
SAID: dict[str, type | tuple[type, ...]] = {
    "description": str, "summary": str, "title": str, "example": object, "examples": (list, dict), "tags": list,
}  # fmt: skip
"""What is said for people, and of what kind it is: a field may have the same name."""
Schema = dict[str, Any]


def breaks(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What a client of `old` would stumble over in `new`, a sentence each."""
    now = {(method, path): operation for method, path, operation in operations(new)}
    found: list[str] = []
    for method, path, before in operations(old):
        where = f"{method.upper()} {path}"
        after = now.get((method, path))
        if after is None:
            found.append(f"{where} is gone")
        else:
            found += [f"{where}: {change}" for change in _Comparison(old, new).operation(before, after)]
    gone = old.get("webhooks", {}).keys() - new.get("webhooks", {}).keys()
    return [*found, *(f"webhook {name} is gone" for name in sorted(gone))]


class _Comparison:
    """Compares what one operation takes and gives; a schema that holds itself is looked at once."""

    def __init__(self, old: dict[str, Any], new: dict[str, Any]) -> None:
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, bool]] = set()

    def operation(self, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
        if before["operationId"] != after["operationId"]:
            yield f"operation id {before['operationId']} became {after['operationId']}"
        more = _scopes(after) - _scopes(before)
        if more:
            yield f"needs the scope {', '.join(sorted(more))}"
        yield from self._parameters(before, after)
        yield from self._body(before.get("requestBody"), after.get("requestBody"))
        for status, answer in before["responses"].items():
            if status.startswith("2"):
                yield from self._answer(status, answer, after["responses"].get(status))

    def _parameters(self, before: dict[str, Any], after: dict[str, Any]) -> Iterator[str]:
        held = {(each["in"], each["name"]): each for each in before.get("parameters", ())}
        now = {(each["in"], each["name"]): each for each in after.get("parameters", ())}
        for key in held.keys() - now.keys():
            yield f"parameter {key[1]} is gone"
        for key, parameter in now.items():
            known = held.get(key)
            if parameter.get("required") and not (known or {}).get("required"):
                yield f"parameter {key[1]} is required"
            if known is not None:
                yield from self._schema(f"parameter {key[1]}", known["schema"], parameter["schema"], is_request=True)

    def _body(self, before: dict[str, Any] | None, after: dict[str, Any] | None) -> Iterator[str]:
        if after is not None and after.get("required") and not (before or {}).get("required"):
            yield "a body is required"
        for media_type, content in (before or {}).get("content", {}).items():
            now = (after or {}).get("content", {}).get(media_type)
            if now is None:
                yield f"takes {media_type} no more"
            else:
                yield from self._schema("body", content["schema"], now["schema"], is_request=True)

    def _answer(self, status: str, before: dict[str, Any], after: dict[str, Any] | None) -> Iterator[str]:
        if after is None:
            yield f"answers {status} no more"
            return
        for media_type, content in before.get("content", {}).items():
            now = after.get("content", {}).get(media_type)
            if now is None:
                yield f"gives {media_type} no more"
            else:
                yield from self._schema(status, content["schema"], now["schema"], is_request=False)

    def _schema(self, where: str, old: Schema, new: Schema, *, is_request: bool) -> Iterator[str]:
        key = (old.get("$ref", ""), new.get("$ref", ""), is_request)
        if all(key[:2]):
            if key in self._seen:
                return
            self._seen.add(key)
        old, new = _resolved(self._old, old), _resolved(self._new, new)
        yield from _kinds(where, self._flat(self._old, old), self._flat(self._new, new), is_request=is_request)
        yield from self._fields(where, old, new, is_request=is_request)
        if "items" in old and "items" in new:
            yield from self._schema(f"{where}[]", old["items"], new["items"], is_request=is_request)
        for before, after in zip(_options(old), _options(new), strict=False):
            yield from self._schema(where, before, after, is_request=is_request)

    def _fields(self, where: str, old: Schema, new: Schema, *, is_request: bool) -> Iterator[str]:
        before, after = old.get("properties", {}), new.get("properties", {})
        if not before or not after:
            return
        for name in before.keys() - after.keys():
            yield f"{where}.{name} is gone"
        must_before, must_now = set(old.get("required", ())), set(new.get("required", ()))
        for name in must_now - must_before if is_request else ():
            yield f"{where}.{name} is required"
        for name in (must_before - must_now) & after.keys() if not is_request else ():
            yield f"{where}.{name} may be left out"
        for name in before.keys() & after.keys():
            yield from self._schema(f"{where}.{name}", before[name], after[name], is_request=is_request)

    def _flat(self, document: dict[str, Any], schema: Schema) -> tuple[set[str], set[str]]:
        """The types of a schema, and its closed list of words; options taken together."""
        kinds = schema.get("type", [])
        types = {kinds} if isinstance(kinds, str) else set(kinds)
        words = {str(word) for word in schema.get("enum", ())}
        for option in _options(schema):
            inner = self._flat(document, _resolved(document, option))
            types, words = types | inner[0], words | inner[1]
        return types, words


def _kinds(
    where: str, old: tuple[set[str], set[str]], new: tuple[set[str], set[str]], *, is_request: bool
) -> Iterator[str]:
    """A request may take more than before, an answer give less; never the other way round."""
    (types, words), (types_now, words_now) = old, new
    if is_request:
        refused = (types - types_now) if types_now else set()
        if refused and not ({"integer"} == refused and "number" in types_now):
            yield f"{where} takes no {', '.join(sorted(refused))} any more"
        if words_now and words - words_now:
            yield f"{where} takes {', '.join(sorted(words - words_now))} no more"
        if words_now and not words:
            yield f"{where} takes only some words"
    else:
        more = (types_now - types) if types else set()
        if more and not ({"integer"} == more and "number" in types):
            yield f"{where} may be {', '.join(sorted(more))}"
        if words and not words_now:
            yield f"{where} may be any word"


def _resolved(document: dict[str, Any], schema: Schema) -> Schema:
    while "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].removeprefix(SCHEMAS)]
    return schema


def _options(schema: Schema) -> list[Schema]:
    return [option for word in ("anyOf", "oneOf", "allOf") for option in schema.get(word, ())]


def _scopes(operation: dict[str, Any]) -> set[str]:
    return {scope for way in operation.get("security", ()) for scopes in way.values() for scope in scopes}


def unaccepted() -> list[str]:
    """The breaks since the last release that nobody has accepted."""
    old, new = (json.loads(path.read_text(encoding="utf-8")) for path in (RELEASED, MERGED))
    accepted = json.loads(ACCEPTED.read_text(encoding="utf-8"))
    return [found for found in breaks(old, new) if found not in accepted]


def essence(document: dict[str, Any]) -> dict[str, Any]:
    """What of a document clients rely on: neither words for people nor examples nor problems."""

    def bare(node: dict[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in node.items() if key not in SAID or not isinstance(value, SAID[key])}

    paths = rewritten(document["paths"], bare)
    for _, _, operation in operations({"paths": paths}):
        answers = operation["responses"]
        operation["responses"] = {status: answers[status] for status in answers if status.startswith("2")}
    schemas = rewritten(document["components"]["schemas"], bare)
    webhooks: dict[str, Any] = {name: {} for name in document.get("webhooks", {})}
    return {"paths": paths, "components": {"schemas": schemas}, "webhooks": webhooks}


def release() -> None:
    """Take today's description for that of the last release; nothing is accepted in advance."""
    kept = essence(json.loads(MERGED.read_text(encoding="utf-8")))
    RELEASED.write_text(json.dumps(kept, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")
    ACCEPTED.write_text("{}\n", encoding="utf-8")


def main() -> int:
    """Name them, 1 where there are any; with --release, begin anew."""
    if "--release" in sys.argv:
        release()
        return 0
    found = unaccepted()
    sys.stdout.writelines(f"{each}\n" for each in found)
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
