"""Passwords of console users: Argon2id, in a thread, never more than two at once (each takes 19 MiB)."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from lockhouse.iam.errors import RequestInvalid
from lockhouse.sealing import Secret

SHORTEST, LONGEST = 12, 256
# OWASP's first choice for Argon2id: 19 MiB, two passes, one lane.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_THREADS = ThreadPoolExecutor(2, thread_name_prefix="argon2")
_NOBODY = _HASHER.hash("nobody has this password")


def hash_password(password: Secret) -> str:
    """The Argon2id hash of a new password. Raises RequestInvalid when it is too short or too long."""
    if not SHORTEST <= len(password.reveal()) <= LONGEST:
        raise RequestInvalid(f"A password has {SHORTEST} to {LONGEST} characters.")
    return _HASHER.hash(password.reveal())


async def hash_password_aside(password: Secret) -> str:
    """The same, in a thread."""
    return await asyncio.get_running_loop().run_in_executor(_THREADS, hash_password, password)


async def check_password(password: Secret, password_hash: str | None) -> bool:
    """Whether it is the password; with no hash (no such user) the same work is done for nothing."""
    if len(password.reveal()) > LONGEST:
        return False
    same = await asyncio.get_running_loop().run_in_executor(
        _THREADS, _verify, password, password_hash or _NOBODY
    )
    return same and password_hash is not None


def _verify(password: Secret, password_hash: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password.reveal())
    except (VerificationError, InvalidHashError):
        return False
