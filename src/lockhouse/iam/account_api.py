"""The doors of accounts (ours): the owner of the first account makes further ones and looks after them."""

from litestar import Router, delete, get, post
from litestar.params import FromPath, JSONBody

from lockhouse.iam import account_store, accounts
from lockhouse.iam.account_store import Account
from lockhouse.iam.model import Caller
from lockhouse.iam.room import TheGuest
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.times import minutes_text
from lockhouse.wire.users import AccountBody, AccountList, CreateAccount


@get("/", operation_id="listAccounts")
async def list_accounts(guest: TheGuest) -> AccountList:
    """Every account, for the operator of the platform; for others their own."""

    def rule(tx: Tx, caller: Caller) -> list[Account]:
        every = account_store.accounts(tx)
        operator = accounts.operates(tx, caller)
        return [account for account in every if operator or account.id == caller.account_id]

    return AccountList(accounts=[_body(account) for account in await guest.read(rule)])


@post("/", operation_id="createAccount")
async def create_account(guest: TheGuest, data: JSONBody[CreateAccount]) -> AccountBody:
    """Make an account with a new user as its owner; the code for his password is in the answer, and only
    there."""
    keyring = guest.room.keyring

    def rule(tx: Tx, caller: Caller) -> tuple[Account, Secret]:
        return accounts.create_further(tx, caller, keyring, data)

    made, code = await guest.write(rule)
    return _body(made, code)


@post("/{account_id:str}/disable", operation_id="disableAccount", status_code=204)
async def disable_account(guest: TheGuest, account_id: FromPath[str]) -> None:
    """Disable an account: every token and key of it is refused from now on."""
    await guest.write(lambda tx, caller: accounts.set_disabled(tx, caller, account_id, disabled=True))


@delete("/{account_id:str}/disable", operation_id="enableAccount")
async def enable_account(guest: TheGuest, account_id: FromPath[str]) -> None:
    """Enable an account again."""
    await guest.write(lambda tx, caller: accounts.set_disabled(tx, caller, account_id, disabled=False))


ACCOUNTS = Router(
    path="/v1/accounts",
    tags=["Accounts"],
    route_handlers=[list_accounts, create_account, disable_account, enable_account],
)


def _body(account: Account, code: Secret | None = None) -> AccountBody:
    return AccountBody(
        account_id=account.id,
        name=account.name,
        owner_iam_id=account.owner_iam_id,
        created_at=minutes_text(account.created_at),
        disabled=account.disabled,
        code=code.reveal() if code else UNSET,
    )
