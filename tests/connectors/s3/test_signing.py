"""Our signatures are those of Amazon's own library, byte for byte."""

import datetime
from typing import Any

import pytest
from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from yarl import URL

from lockhouse.connectors.s3.signing import Signer, address, signed
from lockhouse.outbound import Request
from lockhouse.sealing import Secret

NOW = datetime.datetime(2026, 5, 1, 12, 30, 15, tzinfo=datetime.UTC)
ENDPOINT = URL("https://s3.eu-central-1.amazonaws.com")

CASES: list[tuple[str, str, dict[str, str], dict[str, str], bytes]] = [
    ("GET", "/", {}, {}, b""),
    ("GET", "/bucket", {"list-type": "2", "prefix": "a b/ü+&=~*", "max-keys": "10"}, {}, b""),
    ("PUT", "/bucket/Größe 1+2%.txt", {}, {"content-type": "text/plain; charset=utf-8"}, b"content"),
    ("PUT", "/bucket/a//b/../c", {}, {"x-amz-acl": "private", "cache-control": "no-cache,  x=0"}, b"\0\xff"),
    ("DELETE", "/bucket/key(1)'!*", {"versionId": "a/b+c="}, {}, b""),
    ("GET", "/bucket/key", {"uploads": "", "z": "1", "a": "2"}, {}, b""),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path", "query", "headers", "body"), CASES)
@pytest.mark.parametrize("session_token", ["", "EXAMPLE-session-token=="])
@pytest.mark.parametrize("endpoint", [ENDPOINT, URL("http://127.0.0.1:5000")])
def test_a_signature_is_the_one_that_amazons_library_makes(  # noqa: PLR0917 - a case has so many parts
    endpoint: URL,
    session_token: str,
    method: str,
    path: str,
    query: dict[str, str],
    headers: dict[str, str],
    body: bytes,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    token = Secret(session_token) if session_token else None
    signer = Signer("AKIAEXAMPLE", Secret("EXAMPLE/secret+key"), "eu-central-1", token)

    url = address(endpoint, path, query)
    ours = signed(signer, Request(method, url, headers, body or None), now=NOW)

    theirs = AWSRequest(method=method, url=str(url), headers=dict(headers), data=body)
    # Amazon's clock and choice are pinned: the moment, and a payload that is always signed.
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda *_, **__: NOW.replace(tzinfo=None))
    theirs.context["payload_signing_enabled"] = True
    auth: Any = S3SigV4Auth(
        Credentials("AKIAEXAMPLE", "EXAMPLE/secret+key", session_token or None), "s3", "eu-central-1"
    )
    auth.add_auth(theirs)
    assert ours.headers["authorization"] == theirs.headers["Authorization"]
    assert ours.headers["x-amz-content-sha256"] == theirs.headers["X-Amz-Content-SHA256"]


def test_no_secret_shows_in_a_signer() -> None:
    assert "EXAMPLE" not in repr(Signer("id", Secret("EXAMPLE"), "eu-1", Secret("EXAMPLE")))
