"""Identifiers: made and parsed here only (reference iam-identity-api.md, section 1.7)."""

import os
import re
import secrets
import uuid
from collections import deque
from typing import NewType

AccountId = NewType("AccountId", str)
"""The IAM tenant: 32 lower-case hexadecimal digits."""
IamId = NewType("IamId", str)
"""Who acts: `IBMid-XXXXXXXXXX`, `iam-ServiceId-<uuid>` or `iam-Profile-<uuid>`."""
ApiKeyId = NewType("ApiKeyId", str)
"""`ApiKey-<uuid>`."""
InstanceId = NewType("InstanceId", str)
"""An App Connect instance: a UUID."""
Crn = NewType("Crn", str)
"""A cloud resource name."""

_ACCOUNT = re.compile(r"[0-9a-f]{32}")
_USER_ALPHABET = "0123456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def new_account_id() -> AccountId:
    """A new account (tenant) id."""
    return AccountId(uuid.uuid4().hex)


def is_account_id(text: str) -> bool:
    """Whether the text has the form of an account id."""
    return _ACCOUNT.fullmatch(text) is not None


def new_user_id() -> IamId:
    """A new user's iam_id."""
    return IamId("IBMid-" + "".join(secrets.choice(_USER_ALPHABET) for _ in range(10)))


def new_entity_id(word: str) -> str:
    """An id of the form `<word>-<uuid4>`: ApiKey, ServiceId, ServiceIdGroup, Profile, ClaimRule, Link, C."""
    return f"{word}-{new_uuid()}"


def new_api_key_id() -> ApiKeyId:
    """A new API key's id. Not its value."""
    return ApiKeyId(new_entity_id("ApiKey"))


def new_instance_id() -> InstanceId:
    """A new App Connect instance's id."""
    return InstanceId(str(uuid.uuid4()))


def iam_id_of(identity: str) -> IamId:
    """The iam_id of a service ID or profile id; an iam_id comes back as it is."""
    bare = identity.startswith(("ServiceId-", "Profile-"))
    return IamId(f"iam-{identity}" if bare else identity)


def identity_crn(account_id: AccountId, kind: str, entity_id: str) -> Crn:
    """The CRN of an entity; kind is `apikey`, `serviceid`, `profile`, `serviceid-group`, `template`."""
    return Crn(f"crn:v1:bluemix:public:iam-identity::a/{account_id}::{kind}:{entity_id}")


def new_entity_tag(previous: str = "") -> str:
    """The next entity_tag, `<n>-<32 hex>`: n counts the changes from 1."""
    count = int(previous.split("-", 1)[0]) if previous else 0
    return f"{count + 1}-{secrets.token_hex(16)}"


def new_uuid() -> str:
    """A random UUID of version 4. By hand: `uuid.uuid4()` takes five times as long."""
    return _uuid_of(os.urandom(16).hex())


def new_request_id() -> str:
    """A UUID that names one request and nothing that is kept."""
    return _uuid_of(_passing_digits())


def new_transaction_id() -> str:
    """The trace of one call, in the form `<7 characters>-<32 hex>`."""
    digits = _passing_digits()
    return f"{digits[:7]}-{digits[8:]}"


def _uuid_of(digits: str) -> str:
    variant = "89ab"[int(digits[16], 16) & 3]
    return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:32]}"


_PASSING: deque[str] = deque()
_PASSING_AT_ONCE = 64
if hasattr(os, "register_at_fork"):  # Windows has no fork.
    os.register_at_fork(after_in_child=_PASSING.clear)


def _passing_digits() -> str:
    """40 random hexadecimal digits, for names of what passes.

    Drawn many at a time: each call of the system lets another thread go first, and where threads wait for a
    database that is ten times what the random bytes cost.
    """
    while True:
        try:
            return _PASSING.pop()
        except IndexError:
            drawn = os.urandom(20 * _PASSING_AT_ONCE).hex()
            _PASSING.extend(drawn[start : start + 40] for start in range(0, len(drawn), 40))
