"""Manifests as YAML text: those of imported APIs, and the one that a new connector begins with."""

import json
import re
from collections.abc import Iterator
from typing import Any

_PLAIN = re.compile(r"[A-Za-z$/][A-Za-z0-9 _./$()-]*[A-Za-z0-9_)]|[A-Za-z]")
_WORDS = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def yaml_text(value: Any) -> str:
    """A value of JSON's kinds as YAML, one key a line."""
    return "\n".join(_lines(value, 0)) + "\n"


def _lines(value: Any, depth: int) -> Iterator[str]:
    indent = "  " * depth
    if isinstance(value, dict):
        for key, inner in value.items():
            if _is_small(inner):
                yield f"{indent}{_scalar(key)}: {_flow(inner)}"
            else:
                yield f"{indent}{_scalar(key)}:"
                yield from _lines(inner, depth + 1)
    elif isinstance(value, list):
        for item in value:
            if _is_small(item):
                yield f"{indent}- {_flow(item)}"
            else:
                first, *rest = _lines(item, depth + 1)
                yield f"{indent}- {first.strip()}"
                yield from rest
    else:
        yield f"{indent}{_flow(value)}"


def _is_small(value: Any) -> bool:
    if isinstance(value, dict | list):
        return len(_flow(value)) <= 80 and not (
            isinstance(value, dict) and any(isinstance(v, dict) and v for v in value.values())
        )
    return True


def _flow(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(_flow(inner) for inner in value) + "]"
    return _scalar(value) if isinstance(value, str) else json.dumps(value)


def _scalar(text: Any) -> str:
    """A text, quoted as JSON quotes it unless it is plain in every reader."""
    if isinstance(text, str) and _PLAIN.fullmatch(text) and text.lower() not in _WORDS:
        return text
    return json.dumps(str(text), ensure_ascii=False)


SCAFFOLD = """\
# The form of this file: docs/connector-standard.md. `lockhouse connector check` names every mistake in it.
connector: @NAME@
title: @TITLE@
level: preview

auth:
  API_KEY:
    title: API key
    fields:
      apiKey: {title: API key, required: true, secret: true}
    send:
      headers: {X-Api-Key: "{{$account.apiKey}}"}

base-url: https://api.example.com/v1
headers: {Accept: application/json}
check: {get: /me}

errors:
  text: "{{$body.message}}"
  rules:
    - {status: 403, raise: auth-failed}

objects:
  thing:
    title: Thing
    key: id
    fields:
      id: string read-only
      name: string required
      count: integer
    actions:
      CREATE:
        title: Create thing
        post: /things
        body: "{{$record}}"
      RETRIEVEALL:
        - title: Retrieve things
          when: [id]
          get: "/things/{id}"
        - get: /things
          query: {limit: "{{$size}}", offset: "{{$offset}}"}
          where: {name: name}
          items: things
          next: {offset: true}
          most: 100
      UPDATEALL:
        title: Update thing
        patch: "/things/{id}"
        body: "{{$record}}"
      UPSERTWITHWHERE: {title: Update or create thing}
      DELETEALL:
        title: Delete thing
        delete: "/things/{id}"

# How the application says no: what its double answers, and what the standard tests expect of `errors`.
double:
  refusals:
    token-refused: {status: 401, body: {message: ended key}}
    auth-failed: {status: 403, body: {message: unknown key}}
    not-found: {status: 404, body: {message: no such thing}}
    rejected: {status: 400, body: {message: not understood}}
    rate-limited: {status: 429, headers: {Retry-After: "1"}, body: {message: too many}}
    unavailable: {status: 503, body: {message: later}}
"""


def scaffold(name: str) -> str:
    """The manifest that a new connector begins with; it loads, and its double answers."""
    return SCAFFOLD.replace("@NAME@", name).replace(
        "@TITLE@", name.replace("-", " ").replace("_", " ").capitalize()
    )
