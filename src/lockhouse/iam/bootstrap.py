"""The first account: its owner with a password, his first API key, and the keys that sign tokens."""

import secrets
from dataclasses import dataclass
from datetime import datetime

from lockhouse.iam import accounts, apikey_store, audit_store
from lockhouse.iam.apikeys import new_key
from lockhouse.iam.model import Event, Visit
from lockhouse.iam.passwords import hash_password_aside
from lockhouse.iam.signing import make_signing_key
from lockhouse.ids import AccountId, IamId
from lockhouse.sealing import Keyring, Secret, new_api_key_value
from lockhouse.storage import Database, Tx
from lockhouse.wire.apikeys import CreateApiKey
from lockhouse.wire.times import moment_of

FIRST_EMAIL = "admin@lockhouse.local"
FIRST_ACCOUNT = "Lockhouse"
FIRST_KEY = "first"
_WORD = "abcdefghijkmnpqrstuvwxyz23456789"


@dataclass(frozen=True, slots=True)
class FirstAccount:
    """What was made; password and key value are shown once and kept nowhere in clear."""

    account_id: AccountId
    iam_id: IamId
    email: str
    password: Secret
    apikey: Secret
    apikey_id: str


async def init_account(
    db: Database, keyring: Keyring, *, now: datetime, email: str = FIRST_EMAIL, name: str = FIRST_ACCOUNT
) -> FirstAccount:
    """Make the first account of a store, in one transaction."""
    password = Secret("-".join("".join(secrets.choice(_WORD) for _ in range(5)) for _ in range(4)))
    password_hash = await hash_password_aside(password)
    value = new_api_key_value()
    at = moment_of(now)
    owner = accounts.new_user(email, "Lockhouse", "Administrator", password_hash)
    iam_id = owner.iam_id

    def make(tx: Tx) -> tuple[AccountId, str]:
        make_signing_key(tx, keyring, now=at, signs_from=at)
        make_signing_key(tx, keyring, now=at, signs_from=None)
        account_id = accounts.create(tx, name, owner, first=True, now=at)
        key = new_key(
            CreateApiKey(name=FIRST_KEY, iam_id=iam_id, description="Made with the store"),
            account_id=account_id,
            created_by=iam_id,
            now=at,
        )
        apikey_store.insert(tx, key, keyring.digest(value))
        audit_store.insert(
            tx,
            [
                Event(
                    at,
                    account_id,
                    f"iam-identity.{action}",
                    iam_id,
                    account_id,
                    target,
                    Visit(at),
                    change="CREATE",
                )
                for action, target in (("account.create", account_id), ("user-apikey.create", key.id))
            ],
        )
        return account_id, key.id

    account_id, key_id = await db.write(make)
    return FirstAccount(account_id, iam_id, owner.email, password, value, key_id)
