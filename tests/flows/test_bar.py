"""BARs of both eras are read, ours are written so, and hostile ones are refused whole."""

import hashlib
import io
import json
import random
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lockhouse.errors import Mistakes
from lockhouse.flows.bar import BarFlow, read_bar, write_bar

API_FLOW = "$integration: x\nintegration:\n  type: api\n"
EVENT_FLOW = "$integration: x\nintegration:\n  type: trigger-action\n"
URL, ID = "https://firefly-api-prod.example/appconnect", "6c0e1bde-0000-4000-8000-000000000001"


def zipped(files: dict[str, bytes | str]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


def broker_xml(*properties: tuple[str, str], head: str = "") -> str:
    lines = "".join(f'<ConfigurableProperty uri="{uri}" override="{value}"/>' for uri, value in properties)
    flow = f'<CompiledMessageFlow name="gen.Orders" type="CompiledMessageFlow">{lines}</CompiledMessageFlow>'
    return f"{head}<Broker><CompiledApplication>{flow}</CompiledApplication></Broker>"


def exported_2020(flow: str = "Orders", *, url: str = URL, instance_id: str = ID) -> dict[str, bytes | str]:
    """The entries of an API flow's BAR as App Connect on IBM Cloud wrote them in 2020."""
    application: dict[str, bytes | str] = {
        f"{flow}.yaml": API_FLOW,
        f"{flow}.json": '{"swagger": "2.0"}',
        "restapi.descriptor": "<ns2:restapiDescriptor/>",
        "Order_create.subflow": "<ecore/>",
        f"{flow}_Compute.esql": "CREATE COMPUTE MODULE x END MODULE;",
        f"gen/{flow}.msgflow": "<ecore/>",
        "META-INF/manifest.mf": "",
        "META-INF/broker.xml": broker_xml(
            (f"gen.{flow}#HTTP Input.URLSpecifier", f"/{flow}*"),
            (f"gen.{flow}#connectorServiceUrl", url),
            (f"gen.{flow}#connectorServiceInstanceId", instance_id),
        ),
    }
    return {
        f"{flow}.appzip": zipped(application),
        f"{flow}PolicyProject/{flow}.policyxml": "<policies/>",
        f"{flow}PolicyProject/policy.descriptor": "<x/>",
        "META-INF/manifest.mf": "srcSelected=false",
    }


def codes(data: bytes) -> list[str]:
    with pytest.raises(Mistakes) as refused:
        read_bar(data, file="x.bar")
    return [mistake.code for mistake in refused.value.mistakes]


def test_a_bar_of_2020_gives_its_flow_and_the_instance_it_was_made_for() -> None:
    data = zipped(exported_2020())

    bar = read_bar(data, file="Orders.bar")

    assert bar.flows == (BarFlow("Orders", API_FLOW.encode()),)
    assert (bar.instance_id, bar.instance_url) == (ID, URL)
    assert bar.digest == hashlib.sha256(data).hexdigest()
    assert "Orders.appzip/gen/Orders.msgflow" in {entry.name for entry in bar.entries}


def test_a_bar_of_an_event_driven_flow_is_read() -> None:
    application = zipped({"News.yaml": EVENT_FLOW, "META-INF/broker.xml": broker_xml()})

    bar = read_bar(zipped({"News.appzip": application, "META-INF/manifest.mf": ""}), file="x.bar")

    assert bar.flows == (BarFlow("News", EVENT_FLOW.encode()),)
    assert (bar.instance_id, bar.instance_url) == ("", "")


def test_applications_without_a_flow_are_passed_over() -> None:
    toolkit = zipped({"Tool.msgflow": "<ecore/>", "swagger.yaml": "swagger: '2.0'\n"})
    flow = zipped({"News.yaml": EVENT_FLOW})

    bar = read_bar(zipped({"Tool.appzip": toolkit, "News.appzip": flow, "Lib.jar": b"PK"}), file="x.bar")

    assert [flow.name for flow in bar.flows] == ["News"]


def test_what_is_written_is_read_again_and_is_the_same_each_time() -> None:
    flows = {"Orders": API_FLOW, "Größe & <Maß>": EVENT_FLOW}

    data = write_bar(flows, instance_id=ID, instance_url=URL)

    bar = read_bar(data, file="x.bar")
    assert {flow.name: flow.text.decode() for flow in bar.flows} == flows
    assert (bar.instance_id, bar.instance_url) == (ID, URL)
    assert data == write_bar(dict(reversed(flows.items())), instance_id=ID, instance_url=URL)


def test_a_written_bar_has_the_layout_that_app_connect_writes() -> None:
    with zipfile.ZipFile(io.BytesIO(write_bar({"Orders": API_FLOW}))) as outer:
        assert outer.namelist() == ["Orders.appzip", "META-INF/manifest.mf"]
        with zipfile.ZipFile(io.BytesIO(outer.read("Orders.appzip"))) as inner:
            names, broker = inner.namelist(), inner.read("META-INF/broker.xml").decode()
    assert names[0] == "Orders.yaml"
    assert {"META-INF/broker.xml", "META-INF/manifest.mf"} <= set(names)
    assert 'uri="gen.Orders#HTTP Input.URLSpecifier" override="/Orders/*"' in broker
    assert "connectorService" not in broker


def test_an_api_flow_carries_its_openapi_document_and_a_list_of_its_operations(shared: Path) -> None:
    name = "An API to create a contact in Salesforce using a name and email address"
    text = (shared / "corpus" / "flows" / f"{name}.yaml").read_text()

    with zipfile.ZipFile(io.BytesIO(write_bar({"Contacts & more": text}))) as outer:
        application = outer.read("Contacts & more.appzip")
    with zipfile.ZipFile(io.BytesIO(application)) as inner:
        document = json.loads(inner.read("Contacts & more.json"))
        descriptor = ElementTree.fromstring(inner.read("restapi.descriptor"))

    operations = [element.get("name") for element in descriptor.iter() if element.tag.endswith("}operation")]
    told = [each["operationId"] for path in document["paths"].values() for each in path.values()]
    assert operations == told
    assert descriptor.get("definitionFile") == "Contacts & more.json"


def test_only_a_bar_with_an_instance_shows_that_a_key_is_needed() -> None:
    with zipfile.ZipFile(
        io.BytesIO(write_bar({"Orders": API_FLOW}, instance_id=ID, instance_url=URL))
    ) as outer:
        policy = outer.read("OrdersPolicyProject/Orders.policyxml").decode()

    assert 'policyType="SecurityProfiles" policyName="Orders"' in policy


@pytest.mark.parametrize("name", ["../x", "a/b", "a\\b", "C:x", "", "a\nb", "."])
def test_a_flow_name_that_no_archive_can_carry_is_refused(name: str) -> None:
    with pytest.raises(Mistakes, match="flow_name_unusable"):
        write_bar({name: API_FLOW})


def test_a_flow_that_is_no_yaml_is_not_packed() -> None:
    with pytest.raises(Mistakes, match=r"Orders\.yaml"):
        write_bar({"Orders": "a: [1\n"})


HOSTILE: list[tuple[str, dict[str, bytes | str]]] = [
    ("bar_without_flow", {"META-INF/manifest.mf": ""}),
    ("bar_without_flow", {"Orders.appzip": zipped({"other.yaml": API_FLOW})}),
    ("bar_without_flow", {"deep/Orders.appzip": zipped({"Orders.yaml": API_FLOW})}),
    ("bar_nested_too_deep", {
        "Orders.appzip": zipped({"Orders.yaml": API_FLOW, "x/Again.APPZIP": zipped({"a": "b"})})
    }),
    ("bar_too_many_flows", {f"f{n}.appzip": zipped({f"f{n}.yaml": API_FLOW}) for n in range(101)}),
    ("not_a_zip", {"Orders.appzip": "not a zip"}),
    ("zip_name_unsafe", {"Orders.appzip": zipped({"Orders.yaml": API_FLOW, "../../evil": "x"})}),
    ("zip_ratio", {"Orders.appzip": zipped({"Orders.yaml": API_FLOW, "bomb": bytes(20_000_000)})}),
    ("broker_xml_broken", {"Orders.appzip": zipped({"Orders.yaml": API_FLOW, "META-INF/broker.xml": "<a>"})}),
    ("broker_xml_broken", {"Orders.appzip": zipped({
        "Orders.yaml": API_FLOW,
        "META-INF/broker.xml": broker_xml(head='<!DOCTYPE a [<!ENTITY b "c"><!ENTITY d "&b;&b;">]>'),
    })}),
    ("broker_xml_broken", {"Orders.appzip": zipped({
        "Orders.yaml": API_FLOW, "META-INF/broker.xml": '<?xml version="1.0" encoding="no-such"?><a/>'
    })}),
    ("broker_xml_too_large", {"Orders.appzip": zipped({
        "Orders.yaml": API_FLOW,
        "META-INF/broker.xml": "<a>" + "".join(f"<b{n}/>" for n in range(30_000)) + "</a>",
    })}),
    ("bar_instance_unreadable", exported_2020(url="file:///etc/passwd")),
    ("bar_instance_unreadable", exported_2020(url="https://x.example/&#10;Host: y")),
    ("bar_instance_unreadable", exported_2020(instance_id="../../other")),
    ("bar_two_instances", exported_2020() | exported_2020("News", url="https://elsewhere.example")),
]  # fmt: skip


@pytest.mark.parametrize(
    ("code", "files"), HOSTILE, ids=[f"{n}-{code}" for n, (code, _) in enumerate(HOSTILE)]
)
def test_a_bar_that_is_not_what_it_should_be_is_refused_whole(
    code: str, files: dict[str, bytes | str]
) -> None:
    assert code in codes(zipped(files))


def test_the_mistakes_of_all_applications_are_told_at_once_with_their_places() -> None:
    data = zipped(
        {"A.appzip": "x", "B.appzip": zipped({"../b": ""}), "C.appzip": zipped({"C.yaml": API_FLOW})}
    )

    with pytest.raises(Mistakes) as refused:
        read_bar(data, file="x.bar")

    found = [(mistake.file, mistake.code) for mistake in refused.value.mistakes]
    assert found == [("x.bar/A.appzip", "not_a_zip"), ("x.bar/B.appzip", "zip_name_unsafe")]


def test_applications_share_one_budget_of_bytes() -> None:
    noise = random.Random(1).randbytes(1000) * 1000
    files: dict[str, bytes | str] = {
        f"f{n}.appzip": zipped({f"f{n}.yaml": noise, **{f"{m}": noise for m in range(20)}}) for n in range(10)
    }

    began = time.process_time()
    assert "zip_too_large" in codes(zipped(files))
    assert time.process_time() - began < 20


def test_every_published_flow_survives_packing(shared: Path) -> None:
    documents = sorted((shared / "corpus" / "flows").glob("*.yaml"))
    packed = 0
    for path in documents:
        text = path.read_text()
        try:
            data = write_bar({"Flow": text})
        except Mistakes as refused:
            assert all(mistake.code.startswith("yaml_") for mistake in refused.mistakes)  # noqa: PT017 - counted
            continue
        assert read_bar(data, file="x.bar").flows[0].text.decode() == text
        packed += 1
    assert packed >= len(documents) - 3
