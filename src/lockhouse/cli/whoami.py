"""Who a command acts for: the account of the key that it signs in with."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection


async def signed_in(platform: "Connection") -> tuple[str, str]:
    """A token, and the id of its account. Raises Problem, Unreachable."""
    token = await platform.token()
    claims = await platform.iam.introspect(token)
    return token, str(claims["account"]["bss"])
