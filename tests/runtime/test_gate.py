"""Which versions may do what."""

import pytest

from lockhouse.errors import Mistake
from lockhouse.runtime.gate import Version, check_gate, resolve_version

REFUSED = "cloud_managed_requires_12.0.3.0-r1_or_earlier"


def _version(text: str) -> Version:
    version = resolve_version(text)
    assert isinstance(version, Version)
    return version


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("11.0.0.10-r1", True),
        ("11.0.0", True),
        ("12.0.2.0-r2", True),
        ("12.0.3.0-r1", True),
        ("12.0.1.0-r4-eus", True),
        ("12.0.3.0-r1-lts", True),
        ("12.0.3.0-r2", False),
        ("12.0.3.0-r10", False),
        ("12.0.3.1-r1", False),
        ("12.0.10.0-r1", False),
        ("12.0", False),
        ("12.0-lts", False),
        ("13.0.1.0-r1", False),
        ("13.0", False),
    ],
)
def test_cloud_managed_connectors_end_with_12_0_3_0_r1(text: str, allowed: bool) -> None:
    with_mode = check_gate(_version(text), mode="all", key_configurations=())
    with_key = check_gate(_version(text), mode="local", key_configurations=("orders-key",))

    assert (with_mode is None, with_key is None) == (allowed, allowed)
    assert check_gate(_version(text), mode="local", key_configurations=()) is None


def test_a_refusal_says_what_to_do_and_names_the_configuration() -> None:
    refusal = check_gate(_version("12.0.4.0-r1"), mode="all", key_configurations=("orders-key",))

    assert refusal is not None
    assert refusal.code == REFUSED
    for part in ("12.0.3.0-r1", "12.0.4.0-r1", "orders-key", "local", "accounts"):
        assert part in refusal.message


@pytest.mark.parametrize(
    "text",
    ["", "12", "12.0.3.0", "12.0.3-r1", "12.0.3.0-r", "12.0.3.0-r1-xyz", " 12.0.3.0-r1", "12.0.3.0-r1\n",
     "v12.0.3.0-r1", "\u0661\u0662.0.3.0-r1", "99999.0.0.0-r1", "14.0", "latest"],
)  # fmt: skip
def test_what_is_no_version_is_refused_with_the_channels_that_exist(text: str) -> None:
    mistake = resolve_version(text)

    assert isinstance(mistake, Mistake)
    assert mistake.code == "version_unreadable"
    assert "12.0-lts" in mistake.message
