"""What the configurations that one server lists come to together."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from lockhouse.errors import Mistake
from lockhouse.runtime.configuration_types import CONFIGURATION_TYPES, Provided
from lockhouse.runtime.model import StoredConfiguration
from lockhouse.wire.names import default_account
from lockhouse.wire.servers import NeededAccount


def type_mistakes(listed: list[StoredConfiguration]) -> list[Mistake]:
    """What is wrong with configurations being listed together: too many of a type, two keys for one
    resource."""
    mistakes = []
    for kind, known in CONFIGURATION_TYPES.items():
        names = [one.name for one in listed if one.type == kind]
        if known.most is not None and len(names) > known.most:
            message = (
                f"a server has at most {known.most} configuration of type {kind}, this one {', '.join(names)}"
            )
            mistakes.append(Mistake("configuration_type_twice", message, field="spec.configurations"))
    owners: dict[str, str] = {}
    for one in listed:
        for key in one.keys:
            other = owners.setdefault(key.resource, one.name)
            if other != one.name:
                message = f"configurations {other} and {one.name} both carry a key for {key.resource}"
                mistakes.append(Mistake("configuration_key_twice", message, field="spec.configurations"))
    return mistakes


@dataclass(frozen=True, slots=True)
class LocalNames:
    """The names of the local accounts by connector, and those flagged as default; which configuration has
    them."""

    configuration: str = ""
    names: Mapping[str, Sequence[str]] = field(default_factory=dict)
    flagged: Mapping[str, str] = field(default_factory=dict)

    def chosen(self, need: NeededAccount) -> str | None:
        """The local account that meets a need."""
        names = self.names.get(need.connector, ())
        if need.account_name:
            return need.account_name if need.account_name in names else None
        return default_account(names, flagged=self.flagged.get(need.connector, ""))


def local_names(listed: Iterable[str], provided: Mapping[str, Provided]) -> LocalNames:
    """The local accounts that the listed configurations give: those of the first that gives any."""
    for configuration in listed:
        entries = provided[configuration].accounts if configuration in provided else ()
        if entries:
            names: dict[str, list[str]] = {}
            for entry in entries:
                names.setdefault(entry.connector, []).append(entry.name)
            flagged = {entry.connector: entry.name for entry in entries if entry.default}
            return LocalNames(configuration, names, flagged)
    return LocalNames()
