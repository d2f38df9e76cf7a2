"""connector.yaml becomes a Connector: every mistake is named, with line and column
(docs/connector-standard.md).
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lockhouse.connectors import manifest_requests as requests
from lockhouse.connectors.coercion import TYPES
from lockhouse.connectors.http import WORDS
from lockhouse.connectors.manifest_requests import ActionReader, LoadPython
from lockhouse.connectors.model import (
    Action,
    AuthScheme,
    BusinessObject,
    Connector,
    CredentialField,
    DoubleRules,
    Field,
    Refusal,
    TokenScheme,
)
from lockhouse.connectors.reading import Reading
from lockhouse.connectors.templates import Template, compile_value
from lockhouse.connectors.webhooks import Webhook, read_webhook
from lockhouse.documents import Limits, Path, read_yaml

_NAME = re.compile(r"[a-z][a-z0-9_-]*")
_LIMITS = Limits(bytes=8 * 1024 * 1024, nodes=1_000_000)
"""An imported API of a thousand operations has 1.3 MB."""
_CONNECTOR_KEYS = (
    "connector", "title", "level", "about", "limits", "auth", "base-url", "headers", "check", "errors",
    "requests", "languages", "objects", "double", "webhook",
)  # fmt: skip
_FIELD_WORDS = ("required", "read-only", "create-only", "place")
_FIELD_KEYS = ("type", "title", "as", "default", "format", "example", "values", "of", "fields", *_FIELD_WORDS)


def read_manifest(data: bytes | str, *, file: str, load_python: LoadPython | None = None) -> Connector:
    """Read a manifest. `load_python` finds the functions of `actions.py`; without it `python:` is refused.

    Raises Mistakes.
    """
    reading = Reading(read_yaml(data, file=file, limits=_LIMITS))
    source = reading.mapping(reading.document.value, (), _CONNECTOR_KEYS)
    name = reading.needed(source, "connector", ())
    if name and not _NAME.fullmatch(name):
        reading.note("manifest_name", "expected lower-case letters, digits, - and _", ("connector",))
    languages = {
        key: requests.read_language(reading, key, value, ("languages", key))
        for key, value in reading.mapping(source.get("languages"), ("languages",)).items()
    }
    actions = ActionReader(reading, languages, load_python)
    webhook = read_webhook(reading, source.get("webhook"))
    base_url = reading.compiled(source, "base-url", (), compile_value)
    if base_url is None and "base-url" not in source:
        reading.note("manifest_missing_key", "expected a value for 'base-url'", ())
    connector = Connector(
        name=name,
        title=reading.text(source, "title", (), default=name),
        level=reading.choice(source, "level", (), ("preview", "supported"), "preview"),
        auth=_schemes(reading, source, webhook),
        base_url=base_url or compile_value(""),
        objects=_objects(reading, source, actions),
        errors=requests.read_errors(reading, source.get("errors"), ("errors",)),
        headers=reading.compiled(source, "headers", (), compile_value),
        check=_check(source, actions),
        requests=_requests(reading, source),
        double=_double(reading, source.get("double")),
        source_base=reading.text(source, "base-url", ()),
        about=reading.text(source, "about", ()),
        limits=reading.texts(source, "limits", ()),
        webhook=webhook,
    )
    reading.end()
    return connector


def _schemes(reading: Reading, source: Mapping[str, Any], webhook: Webhook | None) -> dict[str, AuthScheme]:
    found = {
        auth_type: _with_secret(_scheme(reading, auth_type, value, ("auth", auth_type)), webhook)
        for auth_type, value in reading.mapping(source.get("auth"), ("auth",)).items()
    }
    if not found:
        reading.note("manifest_missing_key", "expected at least one auth type under 'auth'", ("auth",))
    return found


def _with_secret(scheme: AuthScheme, webhook: Webhook | None) -> AuthScheme:
    """Every account of an application that signs its deliveries may hold the secret that it signs with."""
    if webhook is None or not webhook.secret or webhook.secret in scheme.fields:
        return scheme
    signing = CredentialField(webhook.secret, "Secret of the webhook, if events come by one", secret=True)
    return replace(scheme, fields={**scheme.fields, webhook.secret: signing})


def _scheme(reading: Reading, auth_type: str, value: Any, path: Path) -> AuthScheme:
    source = reading.mapping(value, path, ("title", "fields", "endpoint", "send", "token", "base-url"))
    send = reading.mapping(source.get("send"), (*path, "send"), ("bearer", "basic", "headers", "query"))
    fields = {
        name: _credential_field(reading, name, inner, (*path, part, name), endpoint=part == "endpoint")
        for part in ("fields", "endpoint")
        for name, inner in reading.mapping(source.get(part), (*path, part)).items()
    }
    return AuthScheme(
        auth_type=auth_type,
        title=reading.text(source, "title", path, default=auth_type),
        fields=fields,
        bearer=reading.compiled(send, "bearer", (*path, "send"), compile_value),
        basic=_basic(reading, send, (*path, "send")),
        headers=reading.compiled(send, "headers", (*path, "send"), compile_value),
        query=reading.compiled(send, "query", (*path, "send"), compile_value),
        token=_token(reading, source["token"], (*path, "token")) if "token" in source else None,
        base_url=reading.compiled(source, "base-url", path, compile_value),
        source=send,
    )


def _basic(reading: Reading, send: Mapping[str, Any], path: Path) -> tuple[Template, Template] | None:
    if "basic" not in send:
        return None
    source = reading.mapping(send["basic"], (*path, "basic"), ("username", "password"))
    at = (*path, "basic")
    user = reading.compiled(source, "username", at, compile_value)
    password = reading.compiled(source, "password", at, compile_value)
    return user or compile_value(""), password or compile_value("")


def _credential_field(
    reading: Reading, name: str, value: Any, path: Path, *, endpoint: bool
) -> CredentialField:
    source = reading.mapping(value, path, ("title", "required", "secret", "default", "also"))
    return CredentialField(
        name=name,
        title=reading.text(source, "title", path, default=name),
        required=reading.flag(source, "required", path),
        secret=reading.flag(source, "secret", path),
        endpoint=endpoint,
        default=reading.text(source, "default", path),
        also=reading.texts(source, "also", path),
    )


def _token(reading: Reading, value: Any, path: Path) -> TokenScheme:
    source = reading.mapping(value, path, (*requests.REQUEST_KEYS, "first", "needs", "keep"))
    has_request = any(method in source for method in requests.METHODS)
    keep = reading.mapping(source.get("keep"), (*path, "keep"))
    return TokenScheme(
        request=requests.read_request(reading, source, path) if has_request else None,
        first=reading.compiled(source, "first", path, compile_value),
        needs=reading.texts(source, "needs", path),
        keep={name: reading.text(keep, name, (*path, "keep")) for name in keep},
    )


def _check(source: Mapping[str, Any], actions: ActionReader) -> Action | None:
    if "check" not in source:
        return None
    return actions.read(source["check"], ("check",), business_object="", name="check")


def _requests(reading: Reading, source: Mapping[str, Any]) -> dict[str, Any]:
    found = {}
    for name, value in reading.mapping(source.get("requests"), ("requests",)).items():
        path = ("requests", name)
        # Where the answer holds its items is read by the Python action; it is declared for the double.
        inner = reading.mapping(value, path, (*requests.REQUEST_KEYS, "item", "items", "next"))
        request = requests.read_request(reading, inner, path)
        if request is not None:
            found[name] = request
    return found


def _double(reading: Reading, value: Any) -> DoubleRules:
    path: Path = ("double",)
    source = reading.mapping(value, path, ("answers", "refusals", "samples", "unknown-fields"))
    refusals = {}
    for word, inner in reading.mapping(source.get("refusals"), (*path, "refusals"), WORDS).items():
        at = (*path, "refusals", word)
        refusal = reading.mapping(inner, at, ("status", "body", "headers"))
        headers = reading.mapping(refusal.get("headers"), (*at, "headers"))
        refusals[word] = Refusal(
            status=reading.number(refusal, "status", at, default=400),
            body=refusal.get("body"),
            headers={name: reading.text(headers, name, (*at, "headers")) for name in headers},
        )
    return DoubleRules(
        answers=reading.mapping(source.get("answers"), (*path, "answers")),
        refusals=refusals,
        samples=reading.mapping(source.get("samples"), (*path, "samples")),
        ignores_unknown=reading.choice(source, "unknown-fields", path, ("ignore", "refuse"), "refuse")
        == "ignore",
    )


def _objects(reading: Reading, source: Mapping[str, Any], actions: ActionReader) -> dict[str, BusinessObject]:
    objects = reading.mapping(source.get("objects"), ("objects",))
    if not objects:
        reading.note("manifest_missing_key", "expected at least one business object under 'objects'", ())
    return {name: _object(reading, name, value, actions) for name, value in objects.items()}


def _object(reading: Reading, name: str, value: Any, actions: ActionReader) -> BusinessObject:
    path: Path = ("objects", name)
    source = reading.mapping(value, path, ("title", "key", "times", "fields", "actions"))
    times = reading.mapping(source.get("times"), (*path, "times"), ("created", "updated"))
    found: dict[str, Action] = {}
    for action_name, action in reading.mapping(source.get("actions"), (*path, "actions")).items():
        at = (*path, "actions", action_name)
        read = actions.read(action, at, business_object=name, name=action_name)
        if read is not None:
            found[action_name] = read
    return BusinessObject(
        name=name,
        title=reading.text(source, "title", path, default=name),
        key=reading.text(source, "key", path),
        fields=read_fields(reading, source.get("fields"), (*path, "fields")),
        actions=found,
        created=reading.text(times, "created", (*path, "times")),
        updated=reading.text(times, "updated", (*path, "times")),
    )


def read_fields(reading: Reading, value: Any, path: Path) -> dict[str, Field]:
    """Fields by name; each a mapping, or one line such as `string required`."""
    return {
        name: _field(reading, name, inner, (*path, name))
        for name, inner in reading.mapping(value, path).items()
    }


def _field(reading: Reading, name: str, value: Any, path: Path) -> Field:
    if isinstance(value, str):
        words = value.split()
        strange = [word for word in words[1:] if word not in _FIELD_WORDS]
        if strange:
            known = ", ".join(_FIELD_WORDS)
            reading.note(
                "manifest_field_word", f"expected a type and then any of {known}; got {strange[0]!r}", path
            )
        value = {
            "type": words[0] if words else "any",
            **{word: True for word in words[1:] if word in _FIELD_WORDS},
        }
    source = reading.mapping(value, path, _FIELD_KEYS)
    target = reading.text(source, "as", path)
    return Field(
        name=name,
        type=reading.choice(source, "type", path, TYPES, "any"),
        title=reading.text(source, "title", path),
        required=reading.flag(source, "required", path),
        read_only=reading.flag(source, "read-only", path),
        create_only=reading.flag(source, "create-only", path),
        place=reading.flag(source, "place", path),
        target=tuple(target.split(".")) if target else (),
        default=source.get("default"),
        format=reading.text(source, "format", path),
        example=source.get("example"),
        values=reading.texts(source, "values", path),
        element=reading.choice(source, "of", path, TYPES, "any"),
        members=read_fields(reading, source.get("fields"), (*path, "fields")),
    )
