"""Bodies of users: IBM's User Management shapes where it has them (`/v2/accounts/…/users`), ours for the
rest."""

from typing import Any, Literal

import msgspec

from lockhouse.wire.entities import UNSET, Maybe

RoleName = Literal[
    "Administrator", "Operator", "Editor", "Viewer", "Service ID creator", "User API key creator"
]


class InviteUser(msgspec.Struct, frozen=True, kw_only=True):
    """One who is invited. `roles` is ours; IBM's clients name roles in `iam_policy`."""

    email: str
    account_role: str | None = None
    roles: list[RoleName] = []


class PolicyRole(msgspec.Struct, frozen=True, kw_only=True):
    """A role of a policy: `crn:v1:bluemix:public:iam::::role:Administrator`."""

    role_id: str | None = None


class InvitePolicy(msgspec.Struct, frozen=True, kw_only=True):
    """A policy for those who are invited. Only its roles on the account are kept."""

    type: str
    roles: list[PolicyRole] = []
    resources: list[Any] = []


class InviteUsers(msgspec.Struct, frozen=True, kw_only=True):
    """Body of invite."""

    users: list[InviteUser] = []
    iam_policy: list[InvitePolicy] = []
    access_groups: list[str] = []


class InvitedUser(msgspec.Struct, frozen=True, kw_only=True):
    """One who was invited. `code` is ours: with it he sets his password, once; it is shown only here."""

    email: str
    id: str
    state: str
    code: str | Maybe = UNSET

    def __repr__(self) -> str:
        return f"InvitedUser(id={self.id!r})"


class InvitedUserList(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of invite."""

    resources: list[InvitedUser]


class UpdateUser(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a profile's update: only what changes."""

    firstname: str | None = None
    lastname: str | None = None
    email: str | None = None
    phonenumber: str | None = None
    altphonenumber: str | None = None
    photo: str | None = None
    state: str | None = None


class UserBody(msgspec.Struct, frozen=True, kw_only=True):
    """A user's profile in an account. `roles`, `owner`, `disabled` and `last_authn` are ours."""

    id: str
    iam_id: str
    realm: str
    user_id: str
    firstname: str
    lastname: str
    state: str
    email: str
    phonenumber: str
    altphonenumber: str
    photo: str
    account_id: str
    added_on: str
    roles: list[str]
    owner: bool
    disabled: bool
    last_authn: str | Maybe = UNSET


class UserList(msgspec.Struct, frozen=True, kw_only=True):
    """A page of users."""

    total_results: int
    limit: int
    first_url: str
    resources: list[UserBody]
    next_url: str | Maybe = UNSET


class SetRoles(msgspec.Struct, frozen=True, kw_only=True):
    """Body that replaces a user's roles (ours)."""

    roles: list[RoleName]


class Removal(msgspec.Struct, frozen=True, kw_only=True):
    """What ends when a user is removed (ours): id and name of each of his keys, and his sessions."""

    apikeys: list[dict[str, str]]
    sessions: int


class AcceptInvitation(msgspec.Struct, frozen=True, kw_only=True):
    """Body with which an invited user, signed in with a token, joins an account."""

    account_id: str


class SetPassword(msgspec.Struct, frozen=True, kw_only=True):
    """Body with which a code is turned into a password (ours)."""

    code: str
    password: str
    firstname: str | None = None
    lastname: str | None = None

    def __repr__(self) -> str:
        return "SetPassword()"


class ChangePassword(msgspec.Struct, frozen=True, kw_only=True):
    """Body with which a user changes his own password (ours)."""

    current_password: str
    password: str

    def __repr__(self) -> str:
        return "ChangePassword()"


class ResetCode(msgspec.Struct, frozen=True, kw_only=True):
    """A code with which a user sets a new password, once (ours)."""

    code: str
    expires_at: str

    def __repr__(self) -> str:
        return "ResetCode()"


class CreateAccount(msgspec.Struct, frozen=True, kw_only=True):
    """Body that makes an account with a new user as its owner (ours)."""

    name: str
    owner_email: str
    owner_firstname: str = ""
    owner_lastname: str = ""


class AccountBody(msgspec.Struct, frozen=True, kw_only=True):
    """An account (ours). `code` is shown once: with it the owner sets his password."""

    account_id: str
    name: str
    owner_iam_id: str
    created_at: str
    disabled: bool
    code: str | Maybe = UNSET

    def __repr__(self) -> str:
        return f"AccountBody(account_id={self.account_id!r})"


class AccountList(msgspec.Struct, frozen=True, kw_only=True):
    """Every account of the platform (ours)."""

    accounts: list[AccountBody]
