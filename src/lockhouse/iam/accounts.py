"""Accounts: the tenants, and the users in them."""

from dataclasses import dataclass

import msgspec

from lockhouse.iam import identity_store
from lockhouse.iam.account_settings import DEFAULTS
from lockhouse.ids import AccountId, IamId, new_entity_tag
from lockhouse.storage import Tx


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be made. `email` is lower case; without a hash he cannot sign in yet."""

    iam_id: IamId
    email: str
    given_name: str
    family_name: str
    password_hash: str | None


def create(tx: Tx, account_id: AccountId, name: str, owner: NewUser, *, now: int) -> None:
    """Make an account with a new user as its owner."""
    identity_store.insert_account(
        tx,
        {
            "id": account_id,
            "name": name,
            "owner_iam_id": owner.iam_id,
            "created_at": now,
            "disabled": False,
            "settings_json": msgspec.json.encode(DEFAULTS).decode(),
            "settings_tag": new_entity_tag(),
        },
    )
    identity_store.insert_user(
        tx,
        {
            "iam_id": owner.iam_id,
            "email": owner.email,
            "password_hash": owner.password_hash,
            "password_changed_at": now,
            "created_at": now,
        },
    )
    add_user(tx, account_id, owner, roles=(), now=now)


def add_user(tx: Tx, account_id: AccountId, user: NewUser, *, roles: tuple[str, ...], now: int) -> None:
    """Put a user into an account."""
    identity_store.insert_identity(
        tx,
        {
            "account_id": account_id,
            "iam_id": user.iam_id,
            "id": user.iam_id,
            "kind": "user",
            "name": f"{user.given_name} {user.family_name}".strip() or user.email,
            "email": user.email,
            "given_name": user.given_name,
            "family_name": user.family_name,
            "roles_json": msgspec.json.encode(roles).decode(),
            "state": "ACTIVE",
            "locked": False,
            "disabled": False,
            "details_json": "{}",
            "entity_tag": new_entity_tag(),
            "created_at": now,
            "created_by": user.iam_id,
            "modified_at": now,
        },
    )
