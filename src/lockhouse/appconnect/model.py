"""Values of App Connect instances, as they are stored. Moments are Unix milliseconds."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.ids import AccountId, InstanceId
from lockhouse.sealing import Sealed
from lockhouse.wire.instances import AccountState


@dataclass(frozen=True, slots=True)
class Instance:
    """One App Connect, owned by an account."""

    id: InstanceId
    account_id: AccountId
    name: str
    created_at: int


@dataclass(frozen=True, slots=True)
class ConnectorAccount:
    """Named credentials for one connector in one instance. `shown` are the values that are no secret.

    `version` counts the changes of the credentials: what a call learns about them counts only while they
    stand.
    """

    id: str
    instance_id: InstanceId
    connector: str
    name: str
    auth_type: str
    sealed: Sealed = field(repr=False)
    shown: Mapping[str, Any]
    state: AccountState
    created_at: int
    modified_at: int
    version: int = 1
    reason: str = ""
    failed_at: int | None = None
