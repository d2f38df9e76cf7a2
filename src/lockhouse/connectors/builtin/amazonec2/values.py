"""EC2's form parameters and XML answers as values with the names of Amazon's own libraries."""

from collections.abc import Iterator, Mapping
from typing import Any

from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import Element

_NAMES: Mapping[str, str] = {
    "instancesSet": "Instances", "reservationSet": "Reservations", "tagSet": "Tags", "keySet": "KeyPairs",
    "imagesSet": "Images", "instanceTypeSet": "InstanceTypes", "networkInterfaceSet": "NetworkInterfaces",
    "productCodes": "ProductCodes", "blockDeviceMapping": "BlockDeviceMappings", "groupSet": "SecurityGroups",
    "securityGroupInfo": "SecurityGroups", "availabilityZoneInfo": "AvailabilityZones",
    "launchTemplates": "LaunchTemplates", "ipPermissions": "IpPermissions", "regionInfo": "Regions",
    "instanceState": "State", "imageState": "State", "zoneState": "State", "dnsName": "PublicDnsName",
    "ipAddress": "PublicIpAddress", "reason": "StateTransitionReason", "imageOwnerId": "OwnerId",
}  # fmt: skip
"""The names that are not those of the wire with a capital letter (AWS SDKs, EC2 model)."""
_LISTS = frozenset(name for name, ours in _NAMES.items() if ours.endswith("s") and not ours.startswith("S"))
_NUMBERS = frozenset({"Code", "AmiLaunchIndex", "CoreCount", "ThreadsPerCore", "VolumeSize"})


def parameters(values: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Names and texts of a call's form: `A.B` for what is inside, `Name.1` for the first of `Names`."""
    for name, value in values.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", text) for inner, text in parameters(value))
        elif isinstance(value, list):
            numbered = {str(at): one for at, one in enumerate(value, start=1)}
            single = name.removesuffix("s")
            yield from ((f"{single}.{inner}", text) for inner, text in parameters(numbered))
        elif value not in (None, ""):
            yield name, as_text(value)


def value_of(element: Element, name: str = "") -> Any:
    """What an element holds: an object, a list of its `item`s, a text, a number, true or false."""
    if element.inner and all(inner.name == "item" for inner in element.inner):
        return [value_of(inner) for inner in element.inner]
    if element.inner:
        found = {}
        for inner in element.inner:
            ours = _NAMES.get(inner.name, inner.name[:1].upper() + inner.name[1:])
            found[ours] = value_of(inner, ours)
        return found
    text = element.text.strip()
    if not text and (element.name in _LISTS or element.name.endswith("Set")):
        return []
    if text in ("true", "false"):
        return text == "true"
    return int(text) if name in _NUMBERS and text.isdecimal() else text
