"""IAM's values. Moments are Unix milliseconds.

What every exchange, and every key made or shown, makes is a msgspec.Struct: frozen like a dataclass, at a
tenth of its cost.
"""

from dataclasses import dataclass
from typing import Literal

import msgspec

from lockhouse.ids import AccountId, ApiKeyId, IamId

IdentityKind = Literal["user", "serviceid", "profile"]

ADMINISTRATOR = "Administrator"
OPERATOR = "Operator"
EDITOR = "Editor"
VIEWER = "Viewer"
USER_API_KEY_CREATOR = "User API key creator"
SERVICE_ID_CREATOR = "Service ID creator"
ROLES = (ADMINISTRATOR, OPERATOR, EDITOR, VIEWER, USER_API_KEY_CREATOR, SERVICE_ID_CREATOR)


class ApiKey(msgspec.Struct, frozen=True):
    """An API key, without its value. `expires_text` is `expires_at` as it was given."""

    id: ApiKeyId
    account_id: AccountId
    iam_id: IamId
    name: str
    description: str
    sealed_value: str | None
    support_sessions: bool
    action_when_leaked: Literal["none", "disable", "delete"]
    expires_text: str | None
    expires_at: int | None
    locked: bool
    disabled: bool
    entity_tag: str
    created_at: int
    created_by: IamId
    modified_at: int

    def __repr__(self) -> str:
        return f"ApiKey(id={self.id!r})"


class Subject(msgspec.Struct, frozen=True):
    """Whom a token will speak for: an identity in an account. `roles` and `settings` are JSON texts."""

    account_id: AccountId
    iam_id: IamId
    id: str
    kind: IdentityKind
    name: str
    email: str | None
    given_name: str | None
    family_name: str | None
    roles: str
    owner: bool
    settings: str
    account_disabled: bool
    disabled: bool


class Visit(msgspec.Struct, frozen=True):
    """A request: when it came (Unix milliseconds) and from where, for the audit trail."""

    at: int
    address: str = ""
    agent: str = ""
    trace: str = ""


@dataclass(frozen=True, slots=True)
class Caller:
    """An identity whose token was found good in this very transaction, and what it may do."""

    iam_id: IamId
    account_id: AccountId
    name: str
    kind: IdentityKind
    roles: frozenset[str]
    owner: bool
    visit: Visit

    @property
    def administrator(self) -> bool:
        """Whether it may manage what belongs to others in its account."""
        return self.owner or ADMINISTRATOR in self.roles

    @property
    def viewer(self) -> bool:
        """Whether it may see what belongs to others in its account."""
        return self.administrator or not self.roles.isdisjoint((OPERATOR, EDITOR, VIEWER))


class Event(msgspec.Struct, frozen=True):
    """One line of the audit trail. `change` is the word of an entity's history (`CREATE`), None for token
    issues."""

    at: int
    account_id: str
    action: str
    actor: str
    actor_account: str
    target: str
    visit: Visit
    outcome: Literal["success", "failure"] = "success"
    change: str | None = None
    params: tuple[str, ...] = ()
    message: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One entry of an entity's history."""

    at: int
    actor: str
    actor_account: str
    change: str
    params: tuple[str, ...]
    message: str


class Use(msgspec.Struct, frozen=True):
    """How often a token was issued for an entity, and when last (None: never)."""

    last_authn: int | None = None
    authn_count: int = 0
