"""Secrets: a type that hides them, sealing at rest, digests. The only importer of the crypto library.

Sealing is AES-256-GCM (NIST SP 800-38D) with a random 96-bit nonce; the purpose is bound as associated data,
so a sealed value cannot be moved to another place. Digests are HMAC-SHA-256 under a key of the installation.
"""

import base64
import binascii
import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lockhouse.errors import LockhouseError

Sealed = NewType("Sealed", str)
"""`v1.<key id>.<base64url of nonce and ciphertext>`: safe to store, useless without the keyring."""

_NONCE_BYTES = 12


class CannotOpen(LockhouseError):
    """A sealed value does not open: another key sealed it, it was altered, or it belongs elsewhere."""


class KeyringMissing(LockhouseError):
    """The sealing keys of a store are not where they should be, or cannot be read."""


@dataclass(frozen=True, slots=True)
class Secret:
    """A value that does not print. `reveal()` stands next to the line that sends, seals or hashes it."""

    _value: str = field(repr=False)

    def reveal(self) -> str:
        """The value itself."""
        return self._value

    def __str__(self) -> str:
        return "Secret(***)"


def new_api_key_value() -> Secret:
    """A new API key value: 44 characters of `[A-Za-z0-9_-]` (iam-identity-api.md 1.7), 264 random bits."""
    return Secret(secrets.token_urlsafe(33))


def new_token_value(length: int = 32) -> Secret:
    """A random URL-safe value of `length` bytes, for refresh tokens, nonces and the like."""
    return Secret(secrets.token_urlsafe(length))


def same(one: str, other: str) -> bool:
    """Whether two texts are equal, compared in constant time."""
    return hmac.compare_digest(one.encode(), other.encode())


class Keyring:
    """The keys of one installation: the newest seals, all of them open, one makes digests."""

    def __init__(self, keys: dict[str, bytes], digest_key: bytes) -> None:
        self._ciphers = {key_id: AESGCM(key) for key_id, key in keys.items()}
        self._newest = list(keys)[-1]
        self._digest_key = digest_key

    def seal(self, secret: Secret, *, purpose: str) -> Sealed:
        """Seal a secret for one purpose, such as `apikey:ApiKey-…`."""
        nonce = os.urandom(_NONCE_BYTES)
        body = self._ciphers[self._newest].encrypt(nonce, secret.reveal().encode(), purpose.encode())
        return Sealed(f"v1.{self._newest}.{base64.urlsafe_b64encode(nonce + body).decode()}")

    def open(self, sealed: Sealed, *, purpose: str) -> Secret:
        """Open a sealed value. Raises CannotOpen."""
        try:
            version, key_id, text = sealed.split(".")
            raw = base64.urlsafe_b64decode(text)
            if version != "v1":
                raise CannotOpen(f"unknown sealing version for {purpose}")
            cipher = self._ciphers[key_id]
            return Secret(cipher.decrypt(raw[:_NONCE_BYTES], raw[_NONCE_BYTES:], purpose.encode()).decode())
        except (ValueError, KeyError, InvalidTag, binascii.Error) as error:
            raise CannotOpen(f"the sealed value for {purpose} does not open with our keys") from error

    def digest(self, secret: Secret) -> bytes:
        """32 bytes by which a high-entropy value is recognised again."""
        # 256 random bits need no slow hash: it would only let strangers burn our CPU at the token door.
        return hmac.digest(self._digest_key, secret.reveal().encode(), hashlib.sha256)


def keyring_at(path: Path) -> Keyring:
    """Read the keyring file. Raises KeyringMissing when there is none or it cannot be read."""
    try:
        document = json.loads(path.read_text())
        keys = {key_id: base64.b64decode(key) for key_id, key in document["sealing"].items()}
        return Keyring(keys, base64.b64decode(document["digest"]))
    except (OSError, ValueError, KeyError, AttributeError, IndexError) as error:
        raise KeyringMissing(
            f"no usable sealing keys at {path.name}: restore the file that was made with this store"
        ) from error


def make_keyring(path: Path) -> Keyring:
    """Make a keyring file (mode 0600, on disk before this returns) and read it. Refuses to overwrite."""
    document = {
        "sealing": {secrets.token_hex(4): base64.b64encode(os.urandom(32)).decode()},
        "digest": base64.b64encode(os.urandom(32)).decode(),
    }
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as stream:
        stream.write(json.dumps(document, indent=1) + "\n")
        stream.flush()
        os.fsync(stream.fileno())
    return keyring_at(path)


def new_rsa_private_key() -> Secret:
    """A new RSA-2048 private key as PKCS#8 PEM text: for signing tokens."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return Secret(pem.decode())


def rs256_signer(private_key: Secret) -> Callable[[bytes], bytes]:
    """A function that signs as RS256 does (RFC 7518 §3.3): RSASSA-PKCS1-v1_5 with SHA-256.

    Reading the PEM text costs 29 ms, so one signer is kept for each key. Raises TypeError for other keys.
    """
    key = serialization.load_pem_private_key(private_key.reveal().encode(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError("not an RSA private key")
    scheme, algorithm = padding.PKCS1v15(), hashes.SHA256()
    return lambda signed: key.sign(signed, scheme, algorithm)
