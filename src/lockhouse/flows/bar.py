"""BAR files: exported flows packed for a server, in the layout of App Connect (deployment.md, section 8).

A BAR holds one `<flow>.appzip` for each flow, and that a `<flow>.yaml`, the whole truth about the flow.
Message flows, ESQL, subflows and jars of an exported BAR are neither read nor run.
"""

import hashlib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from html import escape

from lockhouse.archives import Limits, complaint_of, inflate_entries, judged_entries, shown, write_zip
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.api_files import api_files
from lockhouse.flows.broker_xml import read_overrides, write_overrides
from lockhouse.flows.document import API
from lockhouse.flows.load import examine_flow

MOST_FLOWS = 100
"""The most flows in one BAR."""
_BROKER_XML, _MANIFEST = "META-INF/broker.xml", "META-INF/manifest.mf"
_MANIFEST_TEXT = b"srcSelected=false;showSrc=true;esql21VersionSelected=false;\n"
_INSTANCE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,200}")
_INSTANCE_URL = re.compile(r"https?://[!-~]{1,2000}")
_POLICY_DESCRIPTOR = (
    b'<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
    b'<ns2:policyProjectDescriptor xmlns="http://com.ibm.etools.mft.descriptor.base"'
    b' xmlns:ns2="http://com.ibm.etools.mft.descriptor.policyProject">\n  <references/>\n'
    b"</ns2:policyProjectDescriptor>\n"
)


@dataclass(frozen=True, slots=True)
class BarFlow:
    """A flow of a BAR: its name and the bytes of its document, not read yet."""

    name: str
    text: bytes


@dataclass(frozen=True, slots=True)
class BarEntry:
    """A file of a BAR, such as `Orders.appzip/Orders.yaml`; `size` is in bytes, unpacked."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """What is in a BAR. `digest` is the SHA-256 of its bytes in lower-case hexadecimal digits.

    `instance_id` and `instance_url` name the App Connect instance of the cloud-managed connectors, as the BAR
    claims it, and are empty when it names none. Whoever made the BAR chose the address: nobody may send a key
    there only because it stands here.
    """

    flows: tuple[BarFlow, ...]
    instance_id: str
    instance_url: str
    digest: str
    entries: tuple[BarEntry, ...]


def read_bar(data: bytes, *, file: str) -> Bar:
    """Read a BAR of either era; `file` is what mistakes call it. Refused whole, or whole.

    Raises Mistakes: `zip_…` (archives), `broker_xml_…`, `bar_without_flow`, `bar_nested_too_deep`,
    `bar_too_many_flows`, `bar_instance_unreadable`, `bar_two_instances`.
    """
    reading = _Reading(file)
    packed = reading.files(data, file, keep=_is_application)
    if len(packed) > MOST_FLOWS:
        message = f"the BAR has {len(packed)} applications, at most {MOST_FLOWS} are read"
        raise Mistakes([Mistake("bar_too_many_flows", message, file)])
    for name in list(packed):
        reading.application(packed.pop(name), name)
    return reading.bar(hashlib.sha256(data).hexdigest())


def write_bar(flows: Mapping[str, str], *, instance_id: str = "", instance_url: str = "") -> bytes:
    """Pack flow documents, by flow name, in the layout of 2022; the same flows give the same bytes.

    With an instance, each flow also gets what a BAR of 2020 carried for cloud-managed connectors: the policy
    project, and the instance in two properties. Raises Mistakes for an unusable name, instance or YAML.
    """
    _judge_input(flows, instance_id, instance_url)
    instance = {"connectorServiceUrl": instance_url, "connectorServiceInstanceId": instance_id}
    given = {name: value for name, value in instance.items() if value}
    files = {f"{name}.appzip": _application(name, text, given) for name, text in sorted(flows.items())}
    for name in sorted(flows) if given else ():
        files[f"{name}PolicyProject/{name}.policyxml"] = _policy(name)
        files[f"{name}PolicyProject/policy.descriptor"] = _POLICY_DESCRIPTOR
    return write_zip(files | {_MANIFEST: _MANIFEST_TEXT})


class _Reading:
    """One BAR on its way in: what was found so far, and how much more it may hold in all its archives."""

    def __init__(self, file: str) -> None:
        self._file = file
        self._left = Limits()
        self._flows: list[BarFlow] = []
        self._instances: set[tuple[str, str]] = set()
        self._entries: list[BarEntry] = []
        self._mistakes: list[Mistake] = []

    def files(
        self, data: bytes, file: str, *, keep: Callable[[str], bool], prefix: str = ""
    ) -> dict[str, bytes]:
        """The files of one archive that are kept; all its entries count. Raises Mistakes."""
        entries = judged_entries(data, file=file, limits=self._left)
        self._left = replace(
            self._left,
            most_entries=self._left.most_entries - len(entries),
            most_bytes=self._left.most_bytes - sum(entry.size for entry in entries),
        )
        self._entries += [BarEntry(prefix + entry.name, entry.size) for entry in entries]
        return inflate_entries(data, entries, file=file, keep=keep)

    def application(self, data: bytes, name: str) -> None:
        """Read a nested archive; its mistakes wait for those of the others."""
        place, flow = f"{self._file}/{shown(name)[1:-1]}", name[: -len(".appzip")]
        wanted, before = {f"{flow}.yaml", _BROKER_XML}, len(self._entries)
        try:
            files = self.files(data, place, keep=wanted.__contains__, prefix=f"{name}/")
            self._judge_depth(self._entries[before:], place)
            if f"{flow}.yaml" in files:
                self._flows.append(BarFlow(flow, files[f"{flow}.yaml"]))
                self._note_instance(files.get(_BROKER_XML), f"{place}/{_BROKER_XML}")
        except Mistakes as error:
            self._mistakes += error.mistakes

    def bar(self, digest: str) -> Bar:
        """The BAR that was read. Raises Mistakes."""
        if not self._flows and not self._mistakes:
            message = "the BAR holds no flow: expected <flow>.appzip with <flow>.yaml inside"
            self._mistakes.append(Mistake("bar_without_flow", message, self._file))
        if len(self._instances) > 1:
            message = "the flows of the BAR name different App Connect instances"
            self._mistakes.append(Mistake("bar_two_instances", message, self._file))
        if self._mistakes:
            raise Mistakes(self._mistakes)
        instance_id, instance_url = next(iter(self._instances), ("", ""))
        return Bar(
            flows=tuple(self._flows), instance_id=instance_id, instance_url=instance_url, digest=digest,
            entries=tuple(self._entries),
        )  # fmt: skip

    def _judge_depth(self, entries: list[BarEntry], place: str) -> None:
        for entry in entries:
            if entry.name.casefold().endswith(".appzip"):
                message = f"an application inside an application is not read: {shown(entry.name)}"
                self._mistakes.append(Mistake("bar_nested_too_deep", message, place))

    def _note_instance(self, broker_xml: bytes | None, place: str) -> None:
        overrides = read_overrides(broker_xml, file=place) if broker_xml is not None else {}
        named = {uri.rpartition("#")[2]: value for uri, value in overrides.items()}
        instance = (named.get("connectorServiceInstanceId", ""), named.get("connectorServiceUrl", ""))
        self._mistakes += _instance_mistakes(*instance, place)
        if any(instance):
            self._instances.add(instance)


def _is_application(name: str) -> bool:
    return "/" not in name and name.casefold().endswith(".appzip") and len(name) > len(".appzip")


def _instance_mistakes(instance_id: str, instance_url: str, file: str) -> Iterator[Mistake]:
    if instance_id and not _INSTANCE_ID.fullmatch(instance_id):
        message = "expected an instance id of letters, digits and - _ . :"
        yield Mistake("bar_instance_unreadable", message, file, field="connectorServiceInstanceId")
    if instance_url and not _INSTANCE_URL.fullmatch(instance_url):
        message = "expected an http or https address"
        yield Mistake("bar_instance_unreadable", message, file, field="connectorServiceUrl")


def _judge_input(flows: Mapping[str, str], instance_id: str, instance_url: str) -> None:
    mistakes = list(_instance_mistakes(instance_id, instance_url, ""))
    complaints = {name: "has a slash in its name" if "/" in name else complaint_of(name) for name in flows}
    mistakes += [
        Mistake("flow_name_unusable", f"the flow {shown(name)} {said}")
        for name, said in complaints.items()
        if said
    ]
    if not flows:
        mistakes.append(Mistake("bar_without_flow", "a BAR holds at least one flow"))
    if len(flows) > MOST_FLOWS:
        mistakes.append(Mistake("bar_too_many_flows", f"a BAR holds at most {MOST_FLOWS} flows"))
    if mistakes:
        raise Mistakes(mistakes)


def _application(name: str, text: str, instance: Mapping[str, str]) -> bytes:
    flow, mistakes = examine_flow(text, file=f"{name}.yaml")
    if flow is None:
        raise Mistakes(mistakes)
    properties: dict[str, str | None] = dict(instance)
    if flow.type == API:
        properties |= {"HTTP Input.URLSpecifier": f"/{name}/*", "additionalInstances": "3"}
    files = {f"{name}.yaml": text.encode(), **api_files(flow, name)}
    files[_BROKER_XML] = write_overrides(f"gen.{name}", properties)
    return write_zip(files | {_MANIFEST: _MANIFEST_TEXT})


def _policy(name: str) -> bytes:
    """A security profile: the flow's requests go out under the identity of its name (deployment.md 5)."""
    profile = f'policyType="SecurityProfiles" policyName="{escape(name)}" policyTemplate="SecurityProfiles"'
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        "<policies>",
        f"  <policy {profile}>",
        "    <propagation>true</propagation>",
        "    <idToPropagateToTransport>STATIC ID</idToPropagateToTransport>",
        f"    <transportPropagationConfig>{escape(name)}</transportPropagationConfig>",
        "  </policy>",
        "</policies>",
        "",
    ]
    return "\n".join(lines).encode()
