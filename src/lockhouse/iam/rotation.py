"""Rotation of signing keys: the next one takes over, a new next one is made; or one is revoked at once."""

from lockhouse.iam import account_store, accounts, token_store
from lockhouse.iam.audit import Deed, record, record_own
from lockhouse.iam.errors import Conflict, NotFound
from lockhouse.iam.model import Caller
from lockhouse.iam.signing import PUBLISHED_MS, RELOAD_MS, make_signing_key
from lockhouse.iam.token_store import SigningKeyRow
from lockhouse.sealing import Keyring
from lockhouse.storage import Tx
from lockhouse.storage.locks import hold

DAY_MS = 86_400_000


def keys(tx: Tx, caller: Caller) -> list[SigningKeyRow]:
    """Every signing key that is kept, oldest first. Raises NotAllowed."""
    accounts.check_operator(tx, caller)
    return token_store.signing_keys(tx)


def rotate(tx: Tx, caller: Caller, keyring: Keyring) -> str:
    """Let the next key sign as soon as every verifier can know it; its kid comes back. Raises NotAllowed,
    Conflict."""
    accounts.check_operator(tx, caller)
    kid = _promote(tx, keyring, now=caller.visit.at)
    record(tx, caller, Deed("signing-key.rotate", kid, "UPDATE"))
    return kid


def revoke(tx: Tx, caller: Caller, keyring: Keyring, kid: str) -> None:
    """From now on refuse every token that this key signed. The next key signs at once, for there is no other.

    Raises NotAllowed, NotFound, Conflict.
    """
    accounts.check_operator(tx, caller)
    hold(tx, "signing keys")
    now = caller.visit.at
    found = {row.kid: row for row in token_store.signing_keys(tx)}.get(kid)
    if found is None:
        raise NotFound(f"Signing key {kid} could not be found.")
    if found.revoked_at is not None:
        raise Conflict(f"Signing key {kid} is revoked already.")
    token_store.revoke_signing_key(tx, kid, at=now, by=caller.iam_id)
    left = [row for row in token_store.signing_keys(tx) if row.revoked_at is None]
    if not any(row.signs_from is not None and row.signs_from <= now for row in left):
        following = next((row for row in left), None) or make_signing_key(
            tx, keyring, now=now, signs_from=None
        )
        token_store.promote_signing_key(tx, following.kid, signs_from=now)
    _make_next(tx, keyring, now=now)
    record(tx, caller, Deed("signing-key.revoke", kid, "DELETE"))


def rotate_when_due(tx: Tx, keyring: Keyring, *, days: int, now: int) -> str | None:
    """Rotate when the present key has signed for so many days; the new kid, or None."""
    hold(tx, "signing keys")
    signing = [row.signs_from for row in _usable(tx) if row.signs_from is not None]
    if not signing or max(signing) + days * DAY_MS > now:
        return None
    kid = _promote(tx, keyring, now=now)
    first = next(account.id for account in account_store.accounts(tx) if account.first)
    record_own(tx, first, Deed("signing-key.rotate", kid, "UPDATE"), now=now)
    return kid


def remove_old(tx: Tx, *, keep_ms: int, now: int) -> None:
    """Remove the keys whose successors have signed for so long that no token of theirs can live."""
    starts = sorted(row.signs_from for row in token_store.signing_keys(tx) if row.signs_from is not None)
    for row in token_store.signing_keys(tx):
        later = [start for start in starts if row.signs_from is not None and start > row.signs_from]
        if later and later[0] + keep_ms < now:
            token_store.delete_signing_key(tx, row.kid)


def _promote(tx: Tx, keyring: Keyring, *, now: int) -> str:
    hold(tx, "signing keys")
    waiting = [row for row in _usable(tx) if row.signs_from is None]
    if any(row.signs_from is not None and row.signs_from > now for row in _usable(tx)):
        raise Conflict("A rotation is under way: the next key signs within a minute.")
    following = waiting[0] if waiting else make_signing_key(tx, keyring, now=now, signs_from=None)
    # Every process, and every verifier that asks once a minute, must have seen the key before it signs.
    signs_from = max(now + RELOAD_MS, following.created_at + PUBLISHED_MS)
    token_store.promote_signing_key(tx, following.kid, signs_from=signs_from)
    _make_next(tx, keyring, now=now)
    return following.kid


def _make_next(tx: Tx, keyring: Keyring, *, now: int) -> None:
    if not any(row.signs_from is None for row in _usable(tx)):
        make_signing_key(tx, keyring, now=now, signs_from=None)


def _usable(tx: Tx) -> list[SigningKeyRow]:
    return [row for row in token_store.signing_keys(tx) if row.revoked_at is None]
