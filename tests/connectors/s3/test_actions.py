"""What a flow does with buckets and objects, against a store that checks every signature."""

from typing import Any

import pytest
from tests.connectors.s3.conftest import Cloud, Depot

from lockhouse.connectors.errors import NotFound, Rejected

KEYS = [
    "plain.txt",
    "folder/with blank.txt",
    "Größe/数 😀",
    "a+b&c=d%20?#",
    "x//y/../z",
    "~tilde'(!)*",
    "\u00e9e\u0301",
]


@pytest.mark.parametrize("key", KEYS)
async def test_an_object_comes_back_under_its_key_whatever_that_holds(
    depot: Depot, bucket: str, key: str
) -> None:
    made = await depot.call("CREATE", input={"bucketName": bucket, "Key": key, "content": "Grüße"})
    read = await depot.call("DOWNLOAD_OBJECT", input={"bucketName": bucket, "Key": key, "fileType": "Text"})
    listed = await depot.call("RETRIEVEALL", where={"bucketName": bucket})

    assert (made.status_code, made.payload["Key"]) == (201, key)
    assert read.payload["content"] == "Grüße"
    assert [(item["Key"], item["Size"]) for item in listed.payload] == [(key, 7)]


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ({"content": "AP8=", "fileType": "Binary"}, "AP8="),
        ({"content": "AP8=", "ContentType": "application/pdf"}, "AP8="),
        ({"content": "test", "ContentType": "text/plain"}, "dGVzdA=="),
        ({"content": "test"}, "dGVzdA=="),
        ({"content": {"a": 1}, "ContentType": "application/json"}, "eyJhIjoxfQ=="),
        ({}, ""),
    ],
)
async def test_our_choice_how_content_is_meant_when_the_flow_does_not_say(
    depot: Depot, bucket: str, given: dict[str, Any], stored: str
) -> None:
    await depot.call("CREATE", input={"bucketName": bucket, "Key": "k", **given})

    read = await depot.call("DOWNLOAD_OBJECT", input={"bucketName": bucket, "Key": "k", "fileType": "Binary"})

    assert read.payload["content"] == stored


async def test_the_content_type_is_kept(depot: Depot, bucket: str) -> None:
    values = {"bucketName": bucket, "Key": "k", "content": "a,b", "ContentType": "text/csv; charset=utf-8"}
    await depot.call("CREATE", input=values)

    read = await depot.call("DOWNLOAD_OBJECT", input={"bucketName": bucket, "Key": "k", "type": "text"})

    assert (read.payload["ContentType"], read.payload["content"]) == ("text/csv; charset=utf-8", "a,b")


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, ["a/1", "a/2", "b/1"]),
        ({"Prefix": "a/"}, ["a/1", "a/2"]),
        ({"Key": "a/1"}, ["a/1"]),
        ({"Key": "a"}, []),
        ({"Key": {"contains": "1"}}, ["a/1", "b/1"]),
        ({"Size": {"gt": "99"}}, []),
        ({"LastModified": {"gt": "2000-01-01T00:00:00Z"}}, ["a/1", "a/2", "b/1"]),
        ({"Key": None}, []),
    ],
)
async def test_a_filter_finds_what_it_says(
    depot: Depot, bucket: str, where: dict[str, Any], found: list[str]
) -> None:
    await depot.put(bucket, "a/1", "a/2", "b/1")

    result = await depot.call("RETRIEVEALL", where={"bucketName": bucket, **where})

    assert [item["Key"] for item in result.payload] == found
    assert result.status_code == (200 if found else 204)


async def test_a_listing_of_several_pages_is_followed_to_its_end_and_cut_at_the_limit(
    depot: Depot, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lockhouse.connectors.s3.actions._PAGE", 3)
    await depot.put(bucket, *(f"k{number:02}" for number in range(10)))

    everything = await depot.call("RETRIEVEALL", where={"bucketName": bucket})
    some = await depot.call("RETRIEVEALL", where={"bucketName": bucket}, limit=7)
    exactly = await depot.call("RETRIEVEALL", where={"bucketName": bucket}, limit=10)

    assert (len(everything.payload), everything.status_code) == (10, 200)
    assert ([item["Key"] for item in some.payload], some.status_code) == ([f"k{n:02}" for n in range(7)], 206)
    assert exactly.status_code == 200


async def test_an_upsert_says_whether_the_object_was_there(depot: Depot, bucket: str) -> None:
    where = {"bucketName": bucket, "Key": "k"}

    first = await depot.call("UPSERTWITHWHERE", where=where, input={"content": "1"})
    second = await depot.call("UPSERTWITHWHERE", where=where, input={"content": "2"})

    assert (first.status_code, second.status_code) == (201, 200)
    read = await depot.call("DOWNLOAD_OBJECT", input={**where, "fileType": "Text"})
    assert read.payload["content"] == "2"


async def test_objects_are_deleted_and_counted(depot: Depot, bucket: str) -> None:
    await depot.put(bucket, "a/1", "a/2", "b/1")

    deleted = await depot.call("DELETEALL", where={"bucketName": bucket, "Prefix": "a/"})
    none = await depot.call("DELETEALL", where={"bucketName": bucket, "Key": "a/1"})

    assert (deleted.payload, deleted.status_code) == ({"count": 2}, 200)
    assert (none.payload, none.status_code) == ({"count": 0}, 204)
    assert len((await depot.call("RETRIEVEALL", where={"bucketName": bucket})).payload) == 1


async def test_a_bucket_is_not_emptied_by_a_filter_that_names_only_it(depot: Depot, bucket: str) -> None:
    await depot.put(bucket, "a")

    with pytest.raises(Rejected, match="filter"):
        await depot.call("DELETEALL", where={"bucketName": bucket})
    assert (await depot.call("DELETEALL", where={"bucketName": bucket, "Key": None})).status_code == 204
    assert len((await depot.call("RETRIEVEALL", where={"bucketName": bucket})).payload) == 1


async def test_buckets_are_listed_and_found_by_name(depot: Depot, bucket: str) -> None:
    found = await depot.call("RETRIEVEALL", "bucket", where={"bucketName": bucket})

    assert [item["Name"] for item in found.payload] == [bucket]


async def test_an_object_or_a_bucket_that_is_not_there_is_not_found(depot: Depot, bucket: str) -> None:
    with pytest.raises(NotFound, match="NoSuchKey"):
        await depot.call("DOWNLOAD_OBJECT", input={"bucketName": bucket, "Key": "nothing"})
    with pytest.raises(NotFound, match="NoSuchBucket"):
        await depot.call("RETRIEVEALL", where={"bucketName": "no-such-bucket-here"})


@pytest.mark.parametrize(
    "values",
    [
        {"Key": "k"}, {"bucketName": "b"}, {"bucketName": "b/c", "Key": "k"},
        {"bucketName": "..", "Key": "k"},
        {"bucketName": "b\r\nx", "Key": "k"}, {"bucketName": "b", "Key": "k" * 1025},
        {"bucketName": "b", "Key": "k", "ContentType": "a\r\nx-amz-acl: public-read"},
        {"bucketName": "b", "Key": "k", "content": "no base64!", "fileType": "Binary"},
    ],
    ids=range(8),
)  # fmt: skip
async def test_a_call_that_cannot_be_placed_is_not_sent(depot: Depot, values: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await depot.call("CREATE", input=values, account=depot.credentials(endpointUrl="http://127.0.0.1:1"))


async def test_ibms_object_storage_does_the_same_at_its_endpoint(
    cloud: Cloud, depot: Depot, bucket: str
) -> None:
    cos = Depot(cloud, depot.outlet, "ibmcoss3")
    await cos.put(bucket, "k")

    read = await cos.call("DOWNLOAD_OBJECT", input={"bucketName": bucket, "Key": "k", "type": "text"})

    assert read.payload["content"] == "k"
