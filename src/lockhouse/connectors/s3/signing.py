"""AWS Signature Version 4 of requests (AWS documentation, "Signing AWS API requests")."""

import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import quote

from yarl import URL

from lockhouse.outbound import Request
from lockhouse.sealing import Secret

_ALGORITHM = "AWS4-HMAC-SHA256"
_PLAIN = "-_.~"


@dataclass(frozen=True, slots=True)
class Signer:
    """Who signs, and for which region and service."""

    access_key_id: str
    secret_access_key: Secret
    region: str
    session_token: Secret | None = None
    service: str = "s3"


def address(endpoint: URL, path: str, query: Mapping[str, str]) -> URL:
    """An address whose every byte is written as the signature wants it; `path` is not encoded yet."""
    written = "&".join(
        f"{quote(name, safe=_PLAIN)}={quote(value, safe=_PLAIN)}" for name, value in sorted(query.items())
    )
    base = str(endpoint.origin()) + endpoint.raw_path.rstrip("/")
    return URL(base + quote(path, safe=_PLAIN + "/") + (f"?{written}" if written else ""), encoded=True)


def signed(signer: Signer, request: Request, *, now: datetime) -> Request:
    """The request with its signature. Its URL is made by `address`, its headers' names are lower case."""
    moment = now.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    url, digest = request.url, hashlib.sha256(request.body or b"").hexdigest()
    sent = {**request.headers, "host": url.host_port_subcomponent or ""}
    sent |= {"x-amz-content-sha256": digest, "x-amz-date": moment}
    if signer.session_token is not None:
        sent["x-amz-security-token"] = signer.session_token.reveal()
    names = ";".join(sorted(sent))
    lines = [f"{name}:{' '.join(sent[name].split())}" for name in sorted(sent)]
    canonical = "\n".join([request.method, url.raw_path, url.raw_query_string, *lines, "", names, digest])
    scope = f"{moment[:8]}/{signer.region}/{signer.service}/aws4_request"
    to_sign = "\n".join([_ALGORITHM, moment, scope, hashlib.sha256(canonical.encode()).hexdigest()])
    signature = hmac.digest(_key(signer, moment[:8]), to_sign.encode(), hashlib.sha256).hex()
    credential = f"{signer.access_key_id}/{scope}"
    parts = (f"Credential={credential}", f"SignedHeaders={names}", f"Signature={signature}")
    sent["authorization"] = f"{_ALGORITHM} {', '.join(parts)}"
    return Request(request.method, url, sent, request.body)


def _key(signer: Signer, day: str) -> bytes:
    key = f"AWS4{signer.secret_access_key.reveal()}".encode()
    for part in (day, signer.region, signer.service, "aws4_request"):
        key = hmac.digest(key, part.encode(), hashlib.sha256)
    return key
