"""Versions of integration servers, and what a version may not do (deployment.md 7.2)."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from lockhouse.errors import Mistake

_FULL = re.compile(r"([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})\.([0-9]{1,4})-r([0-9]{1,4})(-eus|-lts)?")

CHANNELS: Mapping[str, str] = {
    # The newest full version of each line. What they resolve to is our choice: they name no release of ours.
    "11.0.0": "11.0.0.12-r1",
    "12.0": "12.0.12.2-r1",
    "12.0-lts": "12.0.12.2-r1-lts",
    "13.0": "13.0.7.0-r1",
}


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """`V.R.M.F-rN`, compared number by number; the suffix (`-eus`, `-lts`) does not count."""

    numbers: tuple[int, ...]
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


def resolve_version(text: str) -> Version | Mistake:
    """The full version that a declared version or channel stands for, or what is wrong with it."""
    match = _FULL.fullmatch(CHANNELS.get(text, text))
    if match is None:
        channels = ", ".join(CHANNELS)
        message = f"expected a version such as 12.0.3.0-r1, or one of the channels {channels}"
        return Mistake("version_unreadable", message, field="spec.version")
    return Version(tuple(int(number) for number in match.groups()[:5]), match.group())


LAST_VERSION_WITH: Mapping[str, Version] = {
    "cloud_managed": Version((12, 0, 3, 0, 1), "12.0.3.0-r1"),
}
"""What later versions no longer have, and the last version that has it."""


def check_gate(version: Version, *, mode: str, key_configurations: Sequence[str]) -> Mistake | None:
    """Whether a server of this version may have this mode and these configurations that carry an API key.

    The only place that decides so. None when it may.
    """
    last = LAST_VERSION_WITH["cloud_managed"]
    if version <= last or (mode != "all" and not key_configurations):
        return None
    because = [f"mode {mode}"] if mode == "all" else []
    because += [f"configuration {name}, which carries an API key" for name in key_configurations]
    message = (
        f"cloud-managed connectors need version {last} or earlier, and this server declares {version} "
        f"with {' and '.join(because)}. Declare {last}, or use local connectors: mode local, a configuration "
        "of type accounts with the accounts that the flows need, and no API key"
    )
    return Mistake(f"cloud_managed_requires_{last}_or_earlier", message, field="spec.version")
