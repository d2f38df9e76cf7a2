"""The one verifier of access tokens: everything that is not exactly one of ours is refused."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

from lockhouse.web.bearer import LONGEST_TOKEN, TokenMissing, TokenRefused, Verifier

ISSUER = "http://iam.example/identity"
NOW = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
SECOND = int(NOW.timestamp())
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
OTHER_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)
HEADER: dict[str, Any] = {"kid": "202605041200", "alg": "RS256"}
CLAIMS: dict[str, Any] = {
    "iam_id": "IBMid-0123456789",
    "id": "IBMid-0123456789",
    "jti": "a-token",
    "account": {"bss": "0" * 32, "valid": True},
    "iss": ISSUER,
    "iat": SECOND,
    "exp": SECOND + 3600,
    "name": "Ada Example",
    "email": "ada@example.com",
    "apikey_id": "ApiKey-1",
}


def b64(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def number(value: int) -> str:
    return b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def jwks(*keys: tuple[str, rsa.RSAPrivateKey]) -> dict[str, Any]:
    numbers = [(kid, key.public_key().public_numbers()) for kid, key in keys]
    return {
        "keys": [
            {"kty": "RSA", "use": "sig", "kid": kid, "n": number(public.n), "e": "AQAB"}
            for kid, public in numbers
        ]
    }


def sign(header: bytes, payload: bytes, key: rsa.RSAPrivateKey = KEY) -> str:
    signed = f"{b64(header)}.{b64(payload)}"
    return f"{signed}.{b64(key.sign(signed.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def token(claims: dict[str, Any] | None = None, header: dict[str, Any] | None = None, **more: Any) -> str:
    body = {name: value for name, value in ((claims or CLAIMS) | more).items() if value is not ...}
    return sign(json.dumps(HEADER | (header or {})).encode(), json.dumps(body).encode())


class Source:
    """Where the verifier gets its keys; it counts how often."""

    def __init__(self, *keys: tuple[str, rsa.RSAPrivateKey]) -> None:
        self.keys = jwks(*keys)
        self.asked = 0

    async def fetch(self) -> dict[str, Any]:
        self.asked += 1
        return self.keys


def verifier(source: Source, now: Callable[[], datetime] = lambda: NOW) -> Verifier:
    return Verifier(source.fetch, ISSUER, now)


@pytest.fixture
def source() -> Source:
    return Source((HEADER["kid"], KEY))


async def test_a_good_token_names_its_caller(source: Source) -> None:
    good = token()
    caller = await verifier(source).verify(f"Bearer {good}")

    assert (caller.iam_id, caller.account_id, caller.apikey_id) == ("IBMid-0123456789", "0" * 32, "ApiKey-1")
    assert (caller.name, caller.email, caller.token) == ("Ada Example", "ada@example.com", good)
    assert good not in repr(caller)


@pytest.mark.parametrize("header", [None, "", "   "])
async def test_no_header_is_told_apart_from_a_bad_one(source: Source, header: str | None) -> None:
    with pytest.raises(TokenMissing):
        await verifier(source).verify(header)


PUBLIC_PEM = KEY.public_key().public_bytes(
    serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
)
GOOD = token()
HEAD, PAYLOAD, SIGNATURE = GOOD.split(".")
PLAIN = json.dumps(CLAIMS)

HOSTILE: dict[str, str] = {
    "not a bearer": f"Basic {GOOD}",
    "bearer without a token": "Bearer ",
    "two tokens": f"Bearer {GOOD} {GOOD}",
    "garbage": "Bearer x",
    "two parts": f"Bearer {HEAD}.{PAYLOAD}",
    "four parts": f"Bearer {GOOD}.x",
    "empty parts": "Bearer ..",
    "no signature": f"Bearer {HEAD}.{PAYLOAD}.",
    "signature cut": f"Bearer {GOOD[:-4]}",
    "signature of another payload": f"Bearer {HEAD}.{b64(PLAIN.replace('Ada', 'Eve').encode())}.{SIGNATURE}",
    "signed by another key": "Bearer " + sign(json.dumps(HEADER).encode(), PLAIN.encode(), OTHER_KEY),
    "alg none": f"Bearer {b64(json.dumps(HEADER | {'alg': 'none'}).encode())}.{PAYLOAD}.",
    "alg None": f"Bearer {b64(json.dumps(HEADER | {'alg': 'NoNe'}).encode())}.{PAYLOAD}.",
    "alg missing": "Bearer " + sign(b'{"kid": "202605041200"}', PLAIN.encode()),
    "alg HS256": "Bearer " + token(header={"alg": "HS256"}),
    "alg PS256": "Bearer " + token(header={"alg": "PS256"}),
    "alg RS512": "Bearer " + token(header={"alg": "RS512"}),
    "alg lower case": "Bearer " + token(header={"alg": "rs256"}),
    "kid missing": "Bearer " + sign(b'{"alg": "RS256"}', PLAIN.encode()),
    "kid unknown": "Bearer " + token(header={"kid": "209901010000"}),
    "kid a number": "Bearer " + token(header={"kid": 202605041200}),
    "kid a path": "Bearer " + token(header={"kid": "../../etc/passwd"}),
    "kid an address": "Bearer " + token(header={"kid": "http://127.0.0.1:1/keys"}),
    "kid SQL": "Bearer " + token(header={"kid": "' OR 1=1 --"}),
    "kid null": "Bearer " + token(header={"kid": None}),
    "kid long": "Bearer " + token(header={"kid": "k" * 5000}),
    "jku": "Bearer " + token(header={"jku": "http://127.0.0.1:1/keys"}),
    "x5u": "Bearer " + token(header={"x5u": "http://127.0.0.1:1/cert"}),
    "x5c": "Bearer " + token(header={"x5c": ["AAAA"]}),
    "jwk": "Bearer " + token(header={"jwk": jwks(("x", OTHER_KEY))["keys"][0]}),
    "crit": "Bearer " + token(header={"crit": ["exp"]}),
    "b64": "Bearer " + token(header={"b64": False}),
    "typ of something else": "Bearer " + token(header={"typ": "at+jwt"}),
    "cty": "Bearer " + token(header={"cty": "JWT"}),
    "header not an object": "Bearer " + sign(b"[]", PLAIN.encode()),
    "header duplicate": "Bearer "
    + sign(b'{"alg":"none","alg":"RS256","kid":"202605041200"}', PLAIN.encode()),
    "header UTF-16": "Bearer " + sign(json.dumps(HEADER).encode("utf-16"), PLAIN.encode()),
    "payload not an object": "Bearer " + sign(json.dumps(HEADER).encode(), b'"text"'),
    "payload not JSON": "Bearer " + sign(json.dumps(HEADER).encode(), b"{"),
    "payload UTF-16": "Bearer " + sign(json.dumps(HEADER).encode(), PLAIN.encode("utf-16")),
    "payload with BOM": "Bearer " + sign(json.dumps(HEADER).encode(), b"\xef\xbb\xbf" + PLAIN.encode()),
    "payload deep": "Bearer " + sign(json.dumps(HEADER).encode(), b'{"a":' * 3000 + b"1" + b"}" * 3000),
    "claim twice": "Bearer "
    + sign(json.dumps(HEADER).encode(), PLAIN[:-1].encode() + b', "iam_id": "IBMid-EVE"}'),
    "NaN": "Bearer " + sign(json.dumps(HEADER).encode(), PLAIN[:-1].encode() + b', "x": NaN}'),
    "padded": "Bearer " + ".".join(part + "=" * (-len(part) % 4) for part in GOOD.split(".")) + "=",
    "plain base64 alphabet": f"Bearer {HEAD}.{PAYLOAD}.{'+' + SIGNATURE[1:]}",
    "blank inside": f"Bearer {HEAD}.{PAYLOAD[:5]} {PAYLOAD[5:]}.{SIGNATURE}",
    "newline inside": f"Bearer {HEAD}.{PAYLOAD[:5]}\n{PAYLOAD[5:]}.{SIGNATURE}",
    "loose last bits": f"Bearer {HEAD}.{PAYLOAD}.{SIGNATURE[:-1]}{chr(ord(SIGNATURE[-1]) + 1)}",
    "too long": "Bearer " + token(name="n" * LONGEST_TOKEN),
    "another issuer": "Bearer " + token(iss="http://evil.example/identity"),
    "issuer with slash": "Bearer " + token(iss=ISSUER + "/"),
    "issuer a list": "Bearer " + token(iss=[ISSUER]),
    "issuer missing": "Bearer " + token(iss=...),
    "exp missing": "Bearer " + token(exp=...),
    "exp text": "Bearer " + token(exp=str(SECOND + 3600)),
    "exp true": "Bearer " + token(exp=True),
    "exp a fraction": "Bearer " + token(exp=SECOND + 3600.5),
    "exp in the year 9999": "Bearer " + token(exp=253402300799),
    "exp huge": "Bearer " + token(exp=10**30),
    "exp negative": "Bearer " + token(exp=-1),
    "exp passed": "Bearer " + token(iat=SECOND - 3600, exp=SECOND),
    "exp before iat": "Bearer " + token(iat=SECOND, exp=SECOND - 1),
    "iat missing": "Bearer " + token(iat=...),
    "iat text": "Bearer " + token(iat="now"),
    "iat in the future": "Bearer " + token(iat=SECOND + 120, exp=SECOND + 3600),
    "iat long ago": "Bearer " + token(iat=1),
    "nbf in the future": "Bearer " + token(nbf=SECOND + 120),
    "nbf text": "Bearer " + token(nbf="0"),
    "life of a year": "Bearer " + token(exp=SECOND + 365 * 86400),
    "no identity": "Bearer " + token(iam_id=...),
    "identity empty": "Bearer " + token(iam_id=""),
    "identity a list": "Bearer " + token(iam_id=["IBMid-0123456789"]),
    "no account": "Bearer " + token(account=...),
    "account a text": "Bearer " + token(account="0" * 32),
    "account odd": "Bearer " + token(account={"bss": "not-an-account"}),
    "account upper case": "Bearer " + token(account={"bss": "A" * 32}),
    "jti missing": "Bearer " + token(jti=...),
    "key id a number": "Bearer " + token(apikey_id=1),
    "roles a text": "Bearer " + token(roles="Administrator"),
}


@pytest.mark.parametrize("header", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_token_is_refused(source: Source, header: str) -> None:
    with pytest.raises(TokenRefused) as refused:
        await verifier(source).verify(header)
    assert str(refused.value) == "The provided access token is not valid."


async def test_the_public_key_as_a_shared_secret_is_refused(source: Source) -> None:
    import hmac

    signed = f"{b64(json.dumps(HEADER | {'alg': 'HS256'}).encode())}.{PAYLOAD}"
    forged = f"{signed}.{b64(hmac.digest(PUBLIC_PEM, signed.encode(), 'sha256'))}"
    with pytest.raises(TokenRefused):
        await verifier(source).verify(f"Bearer {forged}")


async def test_unknown_kids_make_one_question_in_thirty_seconds(source: Source) -> None:
    checked = verifier(source)
    await checked.verify(f"Bearer {GOOD}")
    for kid in ("209901010000", "209901010001", "209901010002"):
        with pytest.raises(TokenRefused):
            await checked.verify("Bearer " + token(header={"kid": kid}))
    assert source.asked == 1


async def test_a_token_that_was_good_ends_with_its_time(source: Source) -> None:
    clock = [NOW]
    checked = verifier(source, lambda: clock[0])
    await checked.verify(f"Bearer {GOOD}")
    clock[0] = datetime.fromtimestamp(SECOND + 3600, UTC)
    with pytest.raises(TokenRefused):
        await checked.verify(f"Bearer {GOOD}")


async def test_a_clock_that_is_a_minute_behind_does_no_harm(source: Source) -> None:
    early = verifier(source, lambda: datetime.fromtimestamp(SECOND - 60, UTC))
    assert (await early.verify(f"Bearer {GOOD}")).iam_id == "IBMid-0123456789"


async def test_keys_that_are_not_rsa_for_signatures_are_left_out() -> None:
    mixed = Source((HEADER["kid"], KEY))
    mixed.keys["keys"] += [
        {"kty": "oct", "kid": "o", "k": "c2VjcmV0"},
        {"kty": "RSA", "use": "enc", "kid": "enc", "n": "AQAB", "e": "AQAB"},
        "garbage",
    ]
    assert await verifier(mixed).verify(f"Bearer {GOOD}")
