"""apiKey.json: written by console and CLI, read by the CLI, TokenSource and configurations.

Fields and their order as in iam-identity-api.md 2.4. A reader needs nothing but `apikey`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret

FIELDS = (
    "id", "crn", "iam_id", "account_id", "name", "description", "apikey", "locked", "entity_tag",
    "created_at", "created_by", "modified_at",
)  # fmt: skip
MOST_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ApiKeyFile:
    """The content of an apiKey.json; `id` and the rest are empty when the file is of the short form."""

    apikey: Secret
    id: str = ""
    name: str = ""
    account_id: str = ""
    iam_id: str = ""


def write_apikey_file(key: Mapping[str, Any]) -> str:
    """The text of an apiKey.json for a key as the create operation answered it (tab-indented)."""
    return json.dumps({name: key.get(name, "") for name in FIELDS}, indent="\t") + "\n"


def read_apikey_file(text: str, *, file: str = "apiKey.json") -> ApiKeyFile:
    """Read an apiKey.json. Raises Mistakes; their text never holds a value of the file."""
    if len(text) > MOST_BYTES:
        raise Mistakes(
            [Mistake("apikey_file_too_large", f"an apiKey.json has at most {MOST_BYTES} bytes", file)]
        )
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise Mistakes(
            [Mistake("apikey_file_not_json", "expected the JSON object of an apiKey.json", file)]
        ) from None
    if not isinstance(document, dict):
        raise Mistakes([Mistake("apikey_file_not_json", "expected a JSON object", file)])
    mistakes = [
        Mistake("apikey_file_field", "expected a text", file, field=name)
        for name in ("id", "name", "account_id", "iam_id")
        if not isinstance(document.get(name, ""), str)
    ]
    value = document.get("apikey")
    if not isinstance(value, str) or not value.strip():
        mistakes.append(Mistake("apikey_file_no_value", "expected the key's value", file, field="apikey"))
    elif any(character < " " or character > "~" for character in value):
        mistakes.append(
            Mistake("apikey_file_value", "expected printable ASCII characters", file, field="apikey")
        )
    if mistakes:
        raise Mistakes(mistakes)
    texts = {name: document.get(name, "") for name in ("id", "name", "account_id", "iam_id")}
    return ApiKeyFile(apikey=Secret(str(value)), **texts)
