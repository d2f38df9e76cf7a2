"""What can go wrong in an App Connect instance. No HTTP here."""

from collections.abc import Iterable

from lockhouse.errors import LockhouseError
from lockhouse.wire.names import nearest


class InstanceForbidden(LockhouseError):
    """The instance is not one of the caller's account. Whether it exists is not said."""

    def __init__(self) -> None:
        super().__init__("this App Connect instance does not belong to the account of the access token")


class ExportForbidden(LockhouseError):
    """Credentials leave the instance only for an administrator who signed in with his password."""

    def __init__(self) -> None:
        super().__init__(
            "credentials are given out only to an administrator of the account who signed in with his "
            "password, never to an API key"
        )


class TooManyInstances(LockhouseError):
    """The account has as many instances as it may have."""

    def __init__(self, most: int) -> None:
        super().__init__(f"an account has at most {most} App Connect instances")


class AccountMissing(LockhouseError):
    """The instance has no such connector account; the nearest name is proposed."""

    def __init__(self, connector: str, name: str | None, known: Iterable[str]) -> None:
        names = sorted(known)
        wanted = f"account '{name}'" if name else "default account"
        near = nearest(name or "", names)
        if near:
            hint = f"; did you mean '{near}'?"
        elif names:
            hint = f"; it has {', '.join(repr(one) for one in names[:10])}"
        else:
            hint = f"; it has no account for {connector}"
        super().__init__(f"the App Connect instance has no {wanted} for {connector}{hint}")
        self.details = {"connector": connector, "account_name": name or "", "nearest": near}


class AccountExists(LockhouseError):
    """The connector has an account of this name already."""

    def __init__(self, connector: str, name: str) -> None:
        super().__init__(f"there is an account '{name}' for {connector} already")
        self.details = {"connector": connector, "account_name": name}


class IamAway(LockhouseError):
    """IAM did not answer whether the caller's key still lives, so nothing is done."""

    def __init__(self) -> None:
        super().__init__("the identity service did not answer; nothing was done")
        self.retry_after = 1.0
