"""Accounts: the tenants, and the users in them."""

from dataclasses import dataclass

import msgspec

from lockhouse.iam import account_store, identity_store
from lockhouse.iam.account_settings import DEFAULTS
from lockhouse.iam.account_store import Account, User
from lockhouse.iam.identity_store import Identity
from lockhouse.ids import AccountId, IamId, new_account_id, new_entity_tag, new_user_id
from lockhouse.storage import Tx


@dataclass(frozen=True, slots=True)
class NewUser:
    """A user to be made. `email` is lower case; without a hash he cannot sign in yet."""

    iam_id: IamId
    email: str
    given_name: str
    family_name: str
    password_hash: str | None = None


def new_user(
    email: str, given_name: str = "", family_name: str = "", password_hash: str | None = None
) -> NewUser:
    """A user with an id of his own."""
    return NewUser(new_user_id(), email.strip().lower(), given_name, family_name, password_hash)


def create(tx: Tx, name: str, owner: NewUser, *, first: bool, now: int) -> AccountId:
    """Make an account with a new user as its owner."""
    account_id = new_account_id()
    account_store.insert_account(
        tx,
        Account(
            id=account_id,
            name=name,
            owner_iam_id=owner.iam_id,
            created_at=now,
            first=first,
            settings_json=msgspec.json.encode(DEFAULTS).decode(),
            settings_tag=new_entity_tag(),
        ),
    )
    account_store.insert_user(tx, User(owner.iam_id, owner.email, owner.password_hash, now, now))
    add_user(tx, member_of(account_id, owner, created_by=owner.iam_id, now=now))
    return account_id


def member_of(account_id: AccountId, user: NewUser, *, created_by: str, now: int) -> Identity:
    """A user as a member of an account."""
    return Identity(
        account_id=account_id,
        iam_id=user.iam_id,
        id=user.iam_id,
        kind="user",
        name=f"{user.given_name} {user.family_name}".strip() or user.email,
        email=user.email,
        given_name=user.given_name,
        family_name=user.family_name,
        entity_tag=new_entity_tag(),
        created_at=now,
        created_by=created_by,
        modified_at=now,
    )


def add_user(tx: Tx, member: Identity) -> None:
    """Put a user into an account."""
    identity_store.insert_identity(tx, member)
