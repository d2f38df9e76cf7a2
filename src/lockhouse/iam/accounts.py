"""Accounts: the tenants, and the users in them."""

from dataclasses import dataclass

import msgspec

from lockhouse.iam import account_store, identity_store
from lockhouse.iam.account_settings import DEFAULTS
from lockhouse.iam.account_store import Account, User
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.errors import Conflict, NotAllowed, NotFound
from lockhouse.iam.identity_store import Identity
from lockhouse.iam.model import Caller
from lockhouse.iam.texts import checked_email, checked_name
from lockhouse.ids import AccountId, IamId, new_account_id, new_entity_tag, new_user_id
from lockhouse.sealing import Keyring, Secret, new_token_value
from lockhouse.storage import Tx
from lockhouse.wire.users import CreateAccount

OWNER_CODE_MS = 7 * 86_400_000


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


def operates(tx: Tx, caller: Caller) -> bool:
    """Whether the caller looks after the platform: as an administrator of the first account."""
    account = account_store.account(tx, caller.account_id)
    return account is not None and account.first and caller.administrator


def check_operator(tx: Tx, caller: Caller) -> None:
    """Raises NotAllowed for all who do not look after the platform."""
    if not operates(tx, caller):
        raise NotAllowed("Only an administrator of the platform's first account may do this.")


def create_further(tx: Tx, caller: Caller, keyring: Keyring, body: CreateAccount) -> tuple[Account, Secret]:
    """Make a further account; its owner's code comes back. Raises NotAllowed, Conflict, RequestInvalid."""
    check_operator(tx, caller)
    email, now = checked_email(body.owner_email).lower(), caller.visit.at
    if account_store.user_by_email(tx, email) is not None:
        raise Conflict(f"{email} is a user already.")
    owner = new_user(email, body.owner_firstname, body.owner_lastname)
    account_id = create(tx, checked_name(body.name), owner, first=False, now=now)
    code = new_token_value()
    account_store.insert_invitation(tx, keyring.digest(code), account_id, owner.iam_id, now + OWNER_CODE_MS)
    record(
        tx, caller, Deed("account-management.account.create", account_id, "CREATE", (f"name={body.name}",))
    )
    made = account_store.account(tx, account_id)
    if made is None:
        raise NotFound(f"Account {account_id} could not be found.")
    return made, code


def set_disabled(tx: Tx, caller: Caller, account_id: str, *, disabled: bool) -> None:
    """Disable or enable an account. Raises NotAllowed, NotFound, Conflict."""
    check_operator(tx, caller)
    account = account_store.account(tx, account_id)
    if account is None:
        raise NotFound(f"Account {account_id} could not be found.")
    if account.first:
        raise Conflict("The platform's first account cannot be disabled.")
    account_store.set_disabled(tx, account_id, disabled=disabled, at=caller.visit.at, by=caller.iam_id)
    change = "DISABLE" if disabled else "ENABLE"
    record(tx, caller, Deed("account-management.account.update", account_id, change))


def add_user(tx: Tx, member: Identity) -> None:
    """Put a user into an account."""
    identity_store.insert_identity(tx, member)
