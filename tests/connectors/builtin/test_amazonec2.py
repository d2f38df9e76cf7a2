"""Amazon EC2: signed forms, answered in XML that is read with the names of Amazon's libraries."""

from contextlib import AbstractAsyncContextManager
from typing import Any
from urllib.parse import parse_qsl

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from tests.connectors.scripted import Answer, Sent, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

LOGIN = {"accessKeyId": "AKIDEXAMPLE", "secretAccessKey": "EXAMPLE-SECRET", "region": "eu-central-1"}
NAMESPACE = 'xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"'


def ec2(*answers: Any, **more: str) -> AbstractAsyncContextManager[Vendor]:
    texts = [one if isinstance(one, Answer) else Answer(one) for one in answers]
    return vendor("amazonec2", texts, {**LOGIN, **more})


def answered(action: str, inner: str) -> str:
    root = f"{action}Response"
    return f'<?xml version="1.0"?><{root} {NAMESPACE}><requestId>r</requestId>{inner}</{root}>'


def instance(number: str, state: str = "running") -> str:
    return (
        f"<item><instanceId>i-{number}</instanceId><imageId>ami-1</imageId><instanceType>t3.micro</instanceType>"
        f"<keyName>key</keyName><instanceState><code>16</code><name>{state}</name></instanceState>"
        "<tagSet><item><key>Name</key><value>web</value></item></tagSet><productCodes/><ebsOptimized>false"
        "</ebsOptimized><placement><availabilityZone>eu-central-1a</availabilityZone></placement></item>"
    )


def described(*numbers: str, token: str = "") -> str:
    items = "".join(instance(number) for number in numbers)
    reserved = f"<item><reservationId>r-1</reservationId><instancesSet>{items}</instancesSet></item>"
    after = f"<nextToken>{token}</nextToken>" if token else ""
    return answered("DescribeInstances", f"<reservationSet>{reserved}</reservationSet>{after}")


def form(sent: Sent) -> dict[str, str]:
    found = dict(parse_qsl(sent.content.decode(), keep_blank_values=True))
    assert found.pop("Version") == "2016-11-15"
    return found


@pytest.mark.parametrize("token", ["", "EXAMPLE-session-token=="])
async def test_a_call_is_signed_as_amazons_library_signs_it(token: str) -> None:
    more = {"sessionToken": token} if token else {}
    async with ec2(answered("DescribeAvailabilityZones", "<availabilityZoneInfo/>"), **more) as desk:
        assert await desk.check() is True
        (sent,) = desk.sent
        assert (sent.host, sent.line) == ("ec2.eu-central-1.amazonaws.com", "POST /")
        assert form(sent) == {"Action": "DescribeAvailabilityZones"}
        names = ["Content-Type", "x-amz-content-sha256", "x-amz-date"]
        names += ["x-amz-security-token"] if token else []
        theirs = AWSRequest(
            "POST",
            f"https://{sent.host}/",
            data=sent.content,
            headers={name: sent.headers[name] for name in names},
        )
        theirs.context["timestamp"] = sent.headers["x-amz-date"]
        auth = SigV4Auth(Credentials("AKIDEXAMPLE", "EXAMPLE-SECRET", token or None), "ec2", "eu-central-1")
        signature = auth.signature(auth.string_to_sign(theirs, auth.canonical_request(theirs)), theirs)
        assert sent.headers["Authorization"].endswith(f"Signature={signature}")


async def test_an_instance_is_launched_from_a_template_once_for_a_call() -> None:
    launched = f"<reservationId>r-1</reservationId><groupSet/><instancesSet>{instance('1')}</instancesSet>"
    async with ec2(*[answered("RunInstances", launched)] * 3) as desk:
        given = {
            "ImageId": "ami-1", "InstanceType": "", "LaunchTemplateId": "lt-1", "MaxCount": "2",
            "TagSpecifications": [{"ResourceType": "instance", "Tags": [{"Key": "Name", "Value": "a&b"}]}],
            "SecurityGroupIds": ["sg-1", "sg-2"],
        }  # fmt: skip
        result = await desk.call("Instance", "LAUNCHINSTANCES", input=given, idempotency_key="run-7/launch")
        await desk.call("Instance", "LAUNCHINSTANCES", input=given, idempotency_key="run-7/launch")
        await desk.call("Instance", "LAUNCHINSTANCES", input={**given, "ClientToken": "own"})
        asked = [form(sent) for sent in desk.sent]
        tokens = [one.pop("ClientToken") for one in asked]
        assert (tokens[0], tokens[2], len(tokens[0])) == (tokens[1], "own", 64)
        assert asked[0] == {
            "Action": "RunInstances", "MinCount": "1", "MaxCount": "2", "ImageId": "ami-1",
            "LaunchTemplate.LaunchTemplateId": "lt-1", "SecurityGroupId.1": "sg-1",
            "SecurityGroupId.2": "sg-2",
            "TagSpecification.1.ResourceType": "instance",
            "TagSpecification.1.Tag.1.Key": "Name",
            "TagSpecification.1.Tag.1.Value": "a&b",
        }  # fmt: skip
        assert result.payload["Instance"][0]["InstanceId"] == "i-1"
        assert result.payload["Instances"] == result.payload["Instance"]
        assert (result.payload["ReservationId"], result.payload["SecurityGroups"]) == ("r-1", [])


@pytest.mark.parametrize(
    ("action", "theirs", "place"),
    [
        ("STARTINSTANCES", "StartInstances", "StartingInstances"),
        ("STOPINSTANCES", "StopInstances", "StoppingInstances"),
        ("TERMINATEINSTANCES", "TerminateInstances", "TerminatingInstances"),
    ],
)
async def test_instances_change_their_state(action: str, theirs: str, place: str) -> None:
    item = (
        "<item><instanceId>i-1</instanceId><currentState><code>64</code><name>x</name></currentState></item>"
    )
    async with ec2(answered(theirs, f"<instancesSet>{item}</instancesSet>")) as desk:
        result = await desk.call("Instance", action, input={"InstanceIds": ["i-1", None, "i-2"]})
        assert form(desk.sent[0]) == {"Action": theirs, "InstanceId.1": "i-1", "InstanceId.2": "i-2"}
        assert result.payload[place] == [{"InstanceId": "i-1", "CurrentState": {"Code": 64, "Name": "x"}}]


async def test_a_reboot_says_only_that_it_was_asked_for() -> None:
    async with ec2(answered("RebootInstances", "<return>true</return>")) as desk:
        result = await desk.call("Instance", "REBOOTINSTANCES", input={"InstanceIds": "i-1"})
        assert result.payload["Return"] is True


@pytest.mark.parametrize("ids", [None, [], [None], ""])
@pytest.mark.parametrize(
    "action", ["STARTINSTANCES", "STOPINSTANCES", "REBOOTINSTANCES", "TERMINATEINSTANCES"]
)
async def test_nothing_changes_when_no_instance_is_named(action: str, ids: Any) -> None:
    async with ec2() as desk:
        with pytest.raises(Rejected, match="InstanceIds"):
            await desk.call("Instance", action, input={"InstanceIds": ids} if ids is not None else {})
        assert desk.lines == []


async def test_an_instance_is_shown_as_amazons_libraries_show_it() -> None:
    async with ec2(described("1")) as desk:
        (found,) = (await desk.call("Instance", "RETRIEVEALL", limit=10)).payload
        assert found == {
            "InstanceId": "i-1", "ImageId": "ami-1", "InstanceType": "t3.micro", "KeyName": "key",
            "State": {"Code": 16, "Name": "running"}, "Tags": [{"Key": "Name", "Value": "web"}],
            "ProductCodes": [], "EbsOptimized": False, "Placement": {"AvailabilityZone": "eu-central-1a"},
        }  # fmt: skip


@pytest.mark.parametrize(
    ("where", "asked"),
    [
        (None, {}),
        ({"instance-id": "i-1"}, {"Filter.1.Name": "instance-id", "Filter.1.Value.1": "i-1"}),
        (
            {"tag:Name": {"contains": "w*b"}, "instance-state-name": ["running", "stopped"]},
            {
                "Filter.1.Name": "tag:Name", "Filter.1.Value.1": "*w\\*b*",
                "Filter.2.Name": "instance-state-name",
                "Filter.2.Value.1": "running", "Filter.2.Value.2": "stopped",
            },
        ),
        ({"KeyName": "key"}, {}),
    ],
)  # fmt: skip
async def test_conditions_with_amazons_names_are_compared_by_amazon(
    where: Any, asked: dict[str, str]
) -> None:
    async with ec2(described("1")) as desk:
        result = await desk.call("Instance", "RETRIEVEALL", where=where, limit=10)
        assert [one["InstanceId"] for one in result.payload] == ["i-1"]
        assert form(desk.sent[0]) == {"Action": "DescribeInstances", "MaxResults": "1000", **asked}


async def test_pages_are_followed_until_enough_was_found() -> None:
    async with ec2(described("1", "2", token="t"), described("3"), described("1", "2", token="t")) as desk:
        everything = await desk.call("Instance", "RETRIEVEALL")
        assert [one["InstanceId"] for one in everything.payload] == ["i-1", "i-2", "i-3"]
        assert form(desk.sent[1])["NextToken"] == "t"
        part = await desk.call("Instance", "RETRIEVEALL", limit=1)
        assert (len(part.payload), part.status_code, len(desk.sent)) == (1, 206, 3)


async def test_a_condition_that_cannot_be_met_sends_nothing() -> None:
    async with ec2() as desk:
        result = await desk.call("Instance", "RETRIEVEALL", where={"instance-id": None})
        assert (result.status_code, desk.lines) == (204, [])


@pytest.mark.parametrize(
    ("name", "action", "place", "more"),
    [
        ("InstanceType", "DescribeInstanceTypes", "instanceTypeSet", {"MaxResults": "100"}),
        ("Image", "DescribeImages", "imagesSet", {"MaxResults": "1000", "Owner.1": "self"}),
        ("SecurityGroup", "DescribeSecurityGroups", "securityGroupInfo", {"MaxResults": "1000"}),
        ("KeyPair", "DescribeKeyPairs", "keySet", {}),
        ("AvailabilityZone", "DescribeAvailabilityZones", "availabilityZoneInfo", {}),
        ("LaunchTemplate", "DescribeLaunchTemplates", "launchTemplates", {"MaxResults": "200"}),
    ],
)
async def test_what_instances_are_made_of_is_listed(
    name: str, action: str, place: str, more: dict[str, str]
) -> None:
    inner = f"<{place}><item><name>one</name></item></{place}>"
    async with ec2(answered(action, inner)) as desk:
        assert (await desk.call(name, "RETRIEVEALL")).payload == [{"Name": "one"}]
        assert form(desk.sent[0]) == {"Action": action, **more}


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "AuthFailure", AuthFailed),
        (403, "UnauthorizedOperation", AuthFailed),
        (400, "InvalidInstanceID.NotFound", NotFound),
        (400, "InvalidParameterValue", Rejected),
        (503, "RequestLimitExceeded", RateLimited),
        (500, "InsufficientInstanceCapacity", Unavailable),
        (503, "Unavailable", Unavailable),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: str, word: type[ActionFailed]
) -> None:
    error = f"<Errors><Error><Code>{code}</Code><Message>No.</Message></Error></Errors>"
    refusal = Answer(f"<Response>{error}<RequestID>r</RequestID></Response>", status, {"Retry-After": "60"})
    async with ec2(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match=f"{code}: No") as caught:
            await desk.call("Instance", "RETRIEVEALL")
        assert type(caught.value) is word


@pytest.mark.parametrize("answer", ["<html><body>proxy", "", '<!DOCTYPE x [<!ENTITY a "b">]><x>&a;</x>'])
async def test_what_is_no_xml_is_no_answer(answer: str) -> None:
    async with ec2(answer) as desk:
        with pytest.raises(Unavailable):
            await desk.check()


@pytest.mark.parametrize(
    ("region", "end"),
    [("us-east-1", ".us-east-1.amazonaws.com"), ("cn-north-1", ".cn-north-1.amazonaws.com.cn")],
)
async def test_each_region_has_its_address(region: str, end: str) -> None:
    async with ec2(described("1"), region=region) as desk:
        await desk.call("Instance", "RETRIEVEALL")
        assert desk.sent[0].host == f"ec2{end}"


async def test_a_region_cannot_lead_elsewhere() -> None:
    async with ec2(region="x.evil.example/") as desk:
        with pytest.raises(Rejected, match="region"):
            await desk.check()
        assert desk.lines == []
