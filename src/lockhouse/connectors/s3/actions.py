"""The actions of a connector whose business objects are the buckets and objects of a store."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.bodies import as_bytes, as_content
from lockhouse.connectors.errors import AuthFailed, NotFound, Rejected
from lockhouse.connectors.filters import ALWAYS, NEVER, Condition, Group
from lockhouse.connectors.moments import in_utc
from lockhouse.connectors.s3.store import Store
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import Element
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_ITEMS = 50_000
MOST_DELETED = 1_000
_PAGE = 1_000
_AT_ONCE = 8
_TEXTUAL = ("text/", "application/json", "application/xml", "application/yaml", "application/csv")
_HEADERS = {
    "ContentType": "content-type", "ContentDisposition": "content-disposition",
    "ContentEncoding": "content-encoding", "ContentLanguage": "content-language",
    "CacheControl": "cache-control", "StorageClass": "x-amz-storage-class", "ACL": "x-amz-acl",
}  # fmt: skip
_NOTHING = ActionResult(payload=[], status_code=204)


class ObjectActions:
    """The actions for stores that are found at an endpoint; `{region}` in it is the account's region."""

    def __init__(self, endpoint: str) -> None:
        self._endpoint = endpoint

    async def create(self, call: ActionCall, session: Session) -> ActionResult:
        """CREATE of an object: write `content` under `Key`; an object of that key is replaced."""
        bucket, key = _place(call.input)
        payload = await _put(Store(session, self._endpoint), bucket, key, call.input)
        return ActionResult(payload=payload, status_code=201)

    async def upsert(self, call: ActionCall, session: Session) -> ActionResult:
        """UPSERTWITHWHERE of an object: the filter gives bucket and key. 201 when there was none."""
        known = filters.equalities(filters.read_where(call.where))
        bucket, key = _place({**call.input, **known})
        store = Store(session, self._endpoint)
        try:
            await store.send("HEAD", _path(bucket, key))
            status = 200
        except NotFound:
            status = 201
        return ActionResult(payload=await _put(store, bucket, key, call.input), status_code=status)

    async def retrieve(self, call: ActionCall, session: Session) -> ActionResult:
        """RETRIEVEALL of objects: what the bucket lists, without the content."""
        tree = filters.read_where(call.where)
        if tree == NEVER:
            return _NOTHING
        items, more = await _found(Store(session, self._endpoint), tree, call.limit)
        return ActionResult(payload=items, status_code=206 if more else 200 if items else 204)

    async def delete(self, call: ActionCall, session: Session) -> ActionResult:
        """DELETEALL of objects that the filter finds."""
        tree = filters.read_where(call.where)
        if tree == NEVER:
            return _NOTHING
        if len(tree.members) < 2:
            raise Rejected("DELETEALL needs a filter on more than the bucket: without one it would empty it")
        store = Store(session, self._endpoint)
        items, more = await _found(store, tree, call.limit or MOST_DELETED)
        slots = asyncio.Semaphore(_AT_ONCE)

        async def gone(item: Mapping[str, Any]) -> None:
            async with slots:
                await store.send("DELETE", _path(item["bucketName"], item["Key"]))

        await asyncio.gather(*(gone(item) for item in items))
        status = 206 if more else 200 if items else 204
        return ActionResult(payload={"count": len(items)}, status_code=status)

    async def download(self, call: ActionCall, session: Session) -> ActionResult:
        """DOWNLOAD_OBJECT: the content, as text or base64 as `fileType` says."""
        bucket, key = _place({**filters.equalities(filters.read_where(call.where)), **call.input})
        answer = await Store(session, self._endpoint).send("GET", _path(bucket, key))
        kind = call.input.get("fileType") or call.input.get("type")
        payload = {
            "bucketName": bucket,
            "Key": key,
            "content": as_content(answer.body, kind),
            "ContentType": answer.headers.get("content-type", ""),
            "ContentLength": len(answer.body),
            "ETag": answer.headers.get("etag", ""),
            "LastModified": answer.headers.get("last-modified", ""),
        }
        return ActionResult(payload=payload)

    async def create_bucket(self, call: ActionCall, session: Session) -> ActionResult:
        """CREATE of a bucket, in the account's region."""
        bucket = _bucket(call.input)
        store = Store(session, self._endpoint)
        body = b""
        if "amazonaws.com" in self._endpoint and store.region != "us-east-1":
            where = f"<LocationConstraint>{store.region}</LocationConstraint>"
            body = f"<CreateBucketConfiguration>{where}</CreateBucketConfiguration>".encode()
        await store.send("PUT", _path(bucket), body=body)
        return ActionResult(payload={"bucketName": bucket, "Name": bucket}, status_code=201)

    async def retrieve_buckets(self, call: ActionCall, session: Session) -> ActionResult:
        """RETRIEVEALL of buckets."""
        tree = filters.read_where(call.where)
        root = await Store(session, self._endpoint).listed("/", {})
        shown = [
            {"bucketName": name, "Name": name, "CreationDate": bucket.value("CreationDate")}
            for buckets in root.all("Buckets")
            for bucket in buckets.all("Bucket")
            for name in [bucket.value("Name")]
        ]
        items = [bucket for bucket in shown if filters.holds(tree, bucket)]
        limit = len(items) if call.limit is None else call.limit
        status = 206 if len(items) > limit else 200 if items else 204
        return ActionResult(payload=items[:limit], status_code=status)

    async def check(self, call: ActionCall, session: Session) -> ActionResult:
        """Ask which buckets there are; a key that may not list them is a good key still."""
        del call
        try:
            await Store(session, self._endpoint).listed("/", {})
        except AuthFailed as failed:
            if not str(failed).startswith("AccessDenied"):
                raise
        return ActionResult(payload={})


async def _put(store: Store, bucket: str, key: str, values: Mapping[str, Any]) -> dict[str, Any]:
    headers = {header: as_text(values[name]) for name, header in _HEADERS.items() if values.get(name)}
    if not all(text.isprintable() and text.isascii() for text in headers.values()):
        raise Rejected(f"expected printable ASCII in {', '.join(_HEADERS)}")
    body = as_bytes(values.get("content"), _encoding(values))
    answer = await store.send("PUT", _path(bucket, key), headers=headers, body=body)
    payload = {"bucketName": bucket, "Key": key, "ETag": answer.headers.get("etag", "")}
    version = answer.headers.get("x-amz-version-id")
    return payload | ({"VersionId": version} if version else {})


def _encoding(values: Mapping[str, Any]) -> str:
    """How content is given [our choice]: as said, else text for a textual type, else base64 if clean."""
    said = values.get("fileType") or values.get("type")
    if said:
        return as_text(said)
    kind = as_text(values.get("ContentType") or "text/plain").lower()
    textual = kind.startswith(_TEXTUAL) or kind.partition(";")[0].endswith(("+json", "+xml"))
    return "Text" if textual else "auto"


async def _found(store: Store, tree: Group, limit: int | None) -> tuple[list[dict[str, Any]], bool]:
    """The objects that meet a filter, at most `limit`, and whether there are more."""
    bucket = as_text(filters.equalities(tree).get("bucketName") or "")
    rest = Group(
        "and", tuple(member for member in tree.members if not _names(member, "bucketName", "Prefix"))
    )
    # Stores tell milliseconds, as Amazon does.
    rest = in_utc(rest, ("LastModified",), timespec="milliseconds")
    prefixes = _prefixes(tree)
    most = min(limit or MOST_ITEMS, MOST_ITEMS)
    items: list[dict[str, Any]] = []
    async for item in _objects(store, _bucket({"bucketName": bucket}), max(prefixes, key=len, default="")):
        key = item["Key"]
        if (rest == ALWAYS or filters.holds(rest, item)) and all(
            key.startswith(prefix) for prefix in prefixes
        ):
            items.append(item)
        if len(items) > most:
            break
    return items[:most], len(items) > most


def _names(member: Any, *names: str) -> bool:
    return isinstance(member, Condition) and member.operator == "=" and member.field in names


def _prefixes(tree: Group) -> list[str]:
    """What the keys must begin with."""
    return [
        as_text(member.value)
        for member in tree.members
        if isinstance(member, Condition) and _names(member, "Prefix", "Key")
    ]


async def _objects(store: Store, bucket: str, prefix: str) -> AsyncIterator[dict[str, Any]]:
    query = {"list-type": "2", "max-keys": str(_PAGE), "prefix": prefix}
    while True:
        page = await store.listed(_path(bucket), query)
        for element in page.all("Contents"):
            yield {"bucketName": bucket} | _object(element)
        token = page.value("NextContinuationToken")
        if page.value("IsTruncated") != "true" or not token or token == query.get("continuation-token"):
            return
        query["continuation-token"] = token


def _object(element: Element) -> dict[str, Any]:
    size = element.value("Size")
    return {
        "Key": element.value("Key"),
        "LastModified": element.value("LastModified"),
        "ETag": element.value("ETag"),
        "Size": int(size) if size.isdecimal() and len(size) < 20 else 0,
        "StorageClass": element.value("StorageClass"),
    }


def _place(values: Mapping[str, Any]) -> tuple[str, str]:
    key = as_text(values.get("Key") or "")
    if not key or len(key.encode()) > 1024:
        raise Rejected("Key: expected the name of an object, 1 to 1024 bytes")
    return _bucket(values), key


def _bucket(values: Mapping[str, Any]) -> str:
    bucket = as_text(values.get("bucketName") or values.get("Name") or "")
    if (
        not bucket
        or "/" in bucket
        or bucket in (".", "..")
        or not (bucket.isascii() and bucket.isprintable())
    ):
        raise Rejected("bucketName: expected the name of a bucket")
    return bucket


def _path(bucket: str, key: str = "") -> str:
    return f"/{bucket}/{key}" if key else f"/{bucket}"
