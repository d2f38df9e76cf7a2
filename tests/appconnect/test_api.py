"""The instances of an account."""

import pytest
from tests.tenants import Clients, Tenant

from lockhouse.client.appconnect import AppConnectClient, create_instance, instances_of
from lockhouse.client.transport import Problem


async def test_an_account_sees_its_own_instances_only(ours: Clients, theirs: Clients, tenant: Tenant) -> None:
    our_own = await instances_of(ours.transport, ours.tokens.token)
    their_own = await instances_of(theirs.transport, theirs.tokens.token)

    assert our_own[0].id == tenant.instance_id
    assert our_own[0].url == f"{tenant.url}/appconnect/{tenant.instance_id}"
    assert not {one.id for one in our_own} & {one.id for one in their_own}


async def test_an_account_may_have_several_instances_and_their_accounts_are_apart(ours: Clients) -> None:
    made = await create_instance(ours.transport, ours.tokens.token, "Second")
    second = AppConnectClient(ours.transport, ours.tokens.token, made.id)

    assert await second.accounts() == []
    assert made in await instances_of(ours.transport, ours.tokens.token)


async def test_there_is_an_end_to_instances(theirs: Clients) -> None:
    async def make_many() -> None:
        for number in range(30):
            await create_instance(theirs.transport, theirs.tokens.token, f"Instance {number}")

    with pytest.raises(Problem) as caught:
        await make_many()

    assert (caught.value.status, caught.value.code) == (409, "too_many_instances")
