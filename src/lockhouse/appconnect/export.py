"""Taking the accounts of an instance out, as accounts.yaml: the one door through which credentials leave.

An API key lies on servers, where it may be stolen, and may use credentials but never read them. So only a
person who signed in with his password, and who is an administrator of the account, gets them.
"""

from lockhouse.appconnect import store
from lockhouse.appconnect.accounts import opened
from lockhouse.appconnect.errors import ExportForbidden
from lockhouse.appconnect.room import Room, instance_for, tell
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.accounts import ConnectorAccount

_ADMINISTRATORS = frozenset({"Owner", "Administrator"})
_PEOPLE = "IBMid-"


async def export(room: Room, caller: Caller, instance_id: str) -> tuple[ConnectorAccount, ...]:
    """Every account with its credentials; each is recorded. Raises InstanceForbidden, ExportForbidden."""
    now = room.now

    def write(tx: Tx) -> tuple[ConnectorAccount, ...]:
        instance_for(tx, caller, instance_id)
        _check_person(caller)
        taken = []
        for one in store.accounts(tx, instance_id):
            known = opened(room.keyring, one)
            tell(tx, caller, "account.export", one.id, now=now, connector=one.connector, name=one.name)
            taken.append(
                ConnectorAccount(
                    connector=one.connector,
                    name=one.name,
                    auth_type=one.auth_type,
                    credentials=known.fields,
                    endpoint=known.endpoint,
                )
            )
        return tuple(taken)

    return await room.db.write(write)


def _check_person(caller: Caller) -> None:
    who = caller.principal
    person = who.apikey_id is None and who.iam_id.startswith(_PEOPLE)
    if not person or _ADMINISTRATORS.isdisjoint(who.roles):
        raise ExportForbidden
