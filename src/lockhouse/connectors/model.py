"""What a connector is, as its manifest says it: frozen values, compiled once when it is loaded."""

import re
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.connectors.templates import Path, Template
from lockhouse.connectors.webhooks import Webhook
from lockhouse.sealing import Secret

ANY_OBJECT = "*"
"""The business object that stands for every one that the manifest does not name."""

STAND_IN_URL = "standInUrl"
"""The endpoint field that sends an account's calls to a stand-in: `<its address>/<the vendor's host>/<path>`.
"""

PythonAction = Callable[..., Awaitable[Any]]


@dataclass(frozen=True, slots=True)
class Credentials:
    """One connector account, opened for one call: the fields of its auth scheme, and where the application
    is.
    """

    auth_type: str
    fields: Mapping[str, Secret] = field(default_factory=dict)
    endpoint: Mapping[str, str] = field(default_factory=dict)
    name: str = "Account 1"
    fingerprints: dict[str, bytes] = field(init=False, default_factory=dict, repr=False, compare=False)
    """What auth.py knows the account by, for each connector; made once."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field of a business object. `type` is one of coercion.TYPES; `target` is where it goes in the
    request.

    `place` fields say where the call goes (path, query) and are never part of the record. `members` are the
    fields of an object or of a list's objects; `element` is the type of a list's elements.
    """

    name: str
    type: str = "any"
    title: str = ""
    required: bool = False
    read_only: bool = False
    create_only: bool = False
    place: bool = False
    target: tuple[str, ...] = ()
    default: Any = None
    format: str = ""
    example: Any = None
    values: tuple[str, ...] = ()
    element: str = "any"
    members: Mapping[str, "Field"] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CredentialField:
    """A field of an account's form. `endpoint` fields say where the application is; `also` are other
    spellings.
    """

    name: str
    title: str
    required: bool = False
    secret: bool = False
    endpoint: bool = False
    default: str = ""
    also: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """What a request carries: `kind` is json, form, multipart or raw."""

    kind: str
    content: Template
    content_type: Template | None = None


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A declared request. `path` yields text that follows the base address, or is itself absolute.

    `safe` requests may be repeated after any failure, others only when the vendor was too busy to begin;
    `once` ones never. `does` says to whom reads it, and to the double, what the request is for:
    a verb (create, list, get, update, delete) and a business object. `source` is what the manifest declares.
    """

    method: str
    path: Template
    base_url: Template | None = None
    query: Template | None = None
    headers: Template | None = None
    body: Body | None = None
    answer: str = "json"
    safe: bool = False
    once: bool = False
    success: int = 0
    does: tuple[str, str] = ("", "")
    source: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class TokenScheme:
    """How an account gets a token: `first` is one that the account brings, `needs` what a new one takes."""

    request: HttpRequest | None = None
    first: Template | None = None
    needs: tuple[str, ...] = ()
    keep: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuthScheme:
    """One way to authenticate: the fields of the account, and what every request carries because of it."""

    auth_type: str
    title: str
    fields: Mapping[str, CredentialField]
    bearer: Template | None = None
    basic: tuple[Template, Template] | None = None
    headers: Template | None = None
    query: Template | None = None
    token: TokenScheme | None = None
    base_url: Template | None = None
    source: Mapping[str, Any] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """The form of an account of this type."""
        fields = [
            {
                "name": known.name,
                "title": known.title,
                "required": known.required,
                "secret": known.secret,
                "place": "endpoint" if known.endpoint else "credentials",
            }
            for known in self.fields.values()
        ]
        return {"auth_type": self.auth_type, "title": self.title, "fields": fields}


@dataclass(frozen=True, slots=True)
class Paging:
    """How the next page is found; at most one of url, link, cursor, offset, page. `more` false or `total` end
    it. With `parameter` the cursor is that query parameter of the address in the answer.
    """

    url: Path | None = None
    link: bool = False
    cursor: Path | None = None
    parameter: str = ""
    offset: bool = False
    page: bool = False
    more: Path | None = None
    total: Path | None = None


@dataclass(frozen=True, slots=True)
class Parameter:
    """Where a filter's condition goes: for each operator the name of a query parameter.

    `moments` is the form of ISO 8601 moments there (strftime, UTC), if it has one of its own; with `recheck`
    the vendor gives more than was asked for, and the condition is compared here too.
    """

    names: Mapping[str, str]
    type: str = "string"
    moments: str = ""
    recheck: bool = False


@dataclass(frozen=True, slots=True)
class Action:
    """One thing a connector does with one business object; alternatives are tried in their order."""

    business_object: str
    name: str
    title: str
    request: HttpRequest | None = None
    python: PythonAction | None = None
    when: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    uses: frozenset[str] = frozenset()
    alternatives: tuple["Action", ...] = ()
    items: Path | None = None
    output: Template | None = None
    paging: Paging | None = None
    most: int = 100
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    language: "QueryLanguage | None" = None
    always: str = ""
    recheck: bool = False
    checks_names: bool = False
    missing_is_empty: bool = False
    status: int = 0
    confidence: str = "spec"


@dataclass(frozen=True, slots=True)
class QueryLanguage:
    """How conditions are written in the vendor's query language; texts with {field} and {value}.

    `moments` is the form of ISO 8601 moments there (strftime, UTC), if it has one of its own; `bare` are the
    values that stand without quotes, unless their field is a string.
    """

    name: str
    operators: Mapping[str, str]
    joint_and: str = " AND "
    joint_or: str | None = None
    quote: str = ""
    escapes: Mapping[str, str] = field(default_factory=dict)
    empty: str = ""
    fields: Mapping[str, str] = field(default_factory=dict)
    only: bool = False
    moments: str = ""
    bare: re.Pattern[str] | None = None


@dataclass(frozen=True, slots=True)
class BusinessObject:
    """A kind of thing at the vendor: its fields and actions. `key` names the field that identifies one,
    `created` and `updated` those that say when: by them polls find what is new.
    """

    name: str
    title: str
    key: str
    fields: Mapping[str, Field]
    actions: Mapping[str, Action]
    created: str = ""
    updated: str = ""

    def describe(self) -> dict[str, Any]:
        """The object's name, title, key and fields."""
        fields = [
            {"name": known.name, "type": known.type, "required": known.required, "read_only": known.read_only}
            for known in self.fields.values()
        ]
        return {"name": self.name, "title": self.title, "key": self.key, "fields": fields}


@dataclass(frozen=True, slots=True)
class ErrorRule:
    """An answer that means one of the five words. Empty conditions always hold."""

    word: str
    statuses: frozenset[int] = frozenset()
    codes: frozenset[str] = frozenset()
    when: Template | None = None
    retry_after: Template | None = None


@dataclass(frozen=True, slots=True)
class ErrorRules:
    """How the vendor tells failures: `failed` those in a good status; where code and text stand."""

    rules: tuple[ErrorRule, ...] = ()
    failed: Template | None = None
    code: Template | None = None
    text: Template | None = None


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer with which the vendor refuses."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DoubleRules:
    """What a double needs to know beyond the manifest's requests: how the vendor says yes and no.

    `answers` is in every good answer besides the record; `refusals` has an example for each of the five
    words.
    """

    answers: Mapping[str, Any] = field(default_factory=dict)
    refusals: Mapping[str, Refusal] = field(default_factory=dict)
    samples: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    ignores_unknown: bool = False


@dataclass(frozen=True, slots=True)
class Connector:
    """An application that can be called."""

    name: str
    title: str
    level: str
    auth: Mapping[str, AuthScheme]
    base_url: Template
    objects: Mapping[str, BusinessObject]
    errors: ErrorRules = field(default_factory=ErrorRules)
    headers: Template | None = None
    check: Action | None = None
    requests: Mapping[str, HttpRequest] = field(default_factory=dict)
    double: DoubleRules = field(default_factory=DoubleRules)
    source_base: str = ""
    about: str = ""
    limits: tuple[str, ...] = ()
    webhook: Webhook | None = None

    def describe(self) -> dict[str, Any]:
        """What the catalogue's door tells: name, title, level, auth forms, business objects, actions.

        `auth`: auth_type, title, fields (name, title, required, secret, place); `objects`: name, title, key,
        fields (name, type, required, read_only); `actions`: business_object, action, title.
        """
        return {
            "name": self.name,
            "title": self.title,
            "level": self.level,
            "auth": [scheme.describe() for scheme in self.auth.values()],
            "objects": [found.describe() for found in self.objects.values()],
            "actions": [
                {"business_object": found.name, "action": action.name, "title": action.title}
                for found in self.objects.values()
                for action in self.actions_of(found).values()
            ],
        }

    def actions_of(self, business_object: BusinessObject) -> Mapping[str, Action]:
        """The actions of an object: its own, else those that every object has (`*`)."""
        general = self.objects.get(ANY_OBJECT)
        return business_object.actions or (general.actions if general else {})
