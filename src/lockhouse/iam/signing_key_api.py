"""The doors of signing keys (ours), for those who look after the platform."""

from typing import Literal

from litestar import Router, delete, get, post
from litestar.params import FromPath

from lockhouse.iam import rotation
from lockhouse.iam.model import Caller
from lockhouse.iam.room import TheGuest
from lockhouse.iam.signing import current_key
from lockhouse.iam.token_store import SigningKeyRow
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.signing_keys import SigningKeyBody, SigningKeyList
from lockhouse.wire.times import minutes_text

State = Literal["next", "current", "retiring", "revoked"]


@get("/", operation_id="listSigningKeys")
async def list_signing_keys(guest: TheGuest) -> SigningKeyList:
    """The keys that sign tokens, will sign, or have signed."""
    rows = await guest.read(rotation.keys)
    return SigningKeyList(signing_keys=[_body(row, rows, guest.visit.at) for row in rows])


@post("/rotate", operation_id="rotateSigningKey")
async def rotate_signing_key(guest: TheGuest) -> SigningKeyList:
    """Let the next key sign; it does as soon as every verifier can know it, within a minute."""
    room = guest.room

    def rule(tx: Tx, caller: Caller) -> list[SigningKeyRow]:
        rotation.rotate(tx, caller, room.keyring)
        return rotation.keys(tx, caller)

    rows = await guest.write(rule)
    await room.db.read(lambda tx: room.keys.load(tx, now=guest.visit.at))
    return SigningKeyList(signing_keys=[_body(row, rows, guest.visit.at) for row in rows])


@delete("/{kid:str}", operation_id="revokeSigningKey")
async def revoke_signing_key(guest: TheGuest, kid: FromPath[str]) -> None:
    """Refuse every token that a key signed, from now on: when its private half may be known to others."""
    room = guest.room
    await guest.write(lambda tx, caller: rotation.revoke(tx, caller, room.keyring, kid))
    await room.db.read(lambda tx: room.keys.load(tx, now=guest.visit.at))


SIGNING_KEYS = Router(
    path="/v1/signing_keys",
    tags=["Signing keys"],
    route_handlers=[list_signing_keys, rotate_signing_key, revoke_signing_key],
)


def _body(row: SigningKeyRow, rows: list[SigningKeyRow], now: int) -> SigningKeyBody:
    return SigningKeyBody(
        kid=row.kid,
        state=_state(row, rows, now),
        created_at=minutes_text(row.created_at),
        signs_from=UNSET if row.signs_from is None else minutes_text(row.signs_from),
    )


def _state(row: SigningKeyRow, rows: list[SigningKeyRow], now: int) -> State:
    if row.revoked_at is not None:
        return "revoked"
    if row.signs_from is None or row.signs_from > now:
        return "next"
    return "current" if row == current_key(rows, now) else "retiring"
