"""What can go wrong at the management doors of servers. No HTTP here."""

from collections.abc import Sequence

from lockhouse.errors import LockhouseError


class BarNotFound(LockhouseError):
    """There is no BAR of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no BAR '{name}'")


class BarInUse(LockhouseError):
    """Servers run the BAR."""

    def __init__(self, name: str, servers: Sequence[str]) -> None:
        super().__init__(f"BAR '{name}' is used by {_listed(servers)}; delete them first")
        self.details = {"used_by": ", ".join(servers)}


class ConfigurationNotFound(LockhouseError):
    """There is no configuration of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no configuration '{name}'")


class ConfigurationInUse(LockhouseError):
    """Servers list the configuration."""

    def __init__(self, name: str, servers: Sequence[str]) -> None:
        super().__init__(
            f"configuration '{name}' is used by {_listed(servers)}; deploy them without it or delete them"
        )
        self.details = {"used_by": ", ".join(servers)}


class ServerNotFound(LockhouseError):
    """There is no server of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"there is no integration server '{name}'")


class FlowNotFound(LockhouseError):
    """The server has no event flow of this name."""

    def __init__(self, name: str) -> None:
        super().__init__(f"the server has no event flow '{name[:80]}'")


class DeadLetterNotFound(LockhouseError):
    """There is no dead letter of this id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no dead letter '{run_id[:80]}'")


class ServerAway(LockhouseError):
    """The server does not run, has no event flows, or did not answer."""

    def __init__(self, name: str) -> None:
        super().__init__(f"integration server '{name}' does not answer; nothing was done")
        self.retry_after = 2.0


class DeploymentOvertaken(LockhouseError):
    """Something that the deployment was checked against changed while it was checked. Nothing was changed by
    it."""

    def __init__(self) -> None:
        super().__init__("a BAR or configuration changed during the deployment; deploy again")


class PlatformAway(LockhouseError):
    """IAM or the App Connect instance did not answer while a deployment was checked."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} did not answer, so the deployment could not be checked; nothing was changed"
        )
        self.retry_after = 1.0


class SupervisionForbidden(LockhouseError):
    """The caller is not the supervisor of this platform, nor the server whose document this is."""

    def __init__(self) -> None:
        super().__init__("this door is for the supervisor and its servers")


def _listed(servers: Sequence[str]) -> str:
    return f"server{'s' if len(servers) > 1 else ''} {', '.join(servers)}"
