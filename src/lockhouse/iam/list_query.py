"""The query parameters that every list operation has (iam-identity-api.md 1.9)."""

from typing import Annotated

from litestar.di import NamedDependency
from litestar.params import QueryParameter, SkipValidation

from lockhouse.iam.room import TheGuest

PageSize = Annotated[str | None, QueryParameter(name="pagesize", required=False)]
PageToken = Annotated[str | None, QueryParameter(name="pagetoken", required=False)]
Sort = Annotated[str | None, QueryParameter(name="sort", required=False)]
Order = Annotated[str | None, QueryParameter(name="order", required=False)]
WithHistory = Annotated[str | None, QueryParameter(name="include_history", required=False)]
FilterText = Annotated[str | None, QueryParameter(name="filter", required=False)]
QueryType = Annotated[str | None, QueryParameter(name="type", required=False)]
AccountOf = Annotated[str | None, QueryParameter(name="account_id", required=False)]


class ListQuery(dict[str, str]):
    """The parameters that were given, by their names on the wire."""

    def and_also(self, **more: str | None) -> "ListQuery":
        """These and more, where given."""
        return ListQuery(self | given(**more))


def given(**parameters: str | None) -> dict[str, str]:
    """Those that are there."""
    return {name: value for name, value in parameters.items() if value is not None}


async def provide_list_query(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,  # noqa: ARG001 - asked for first: two dependencies at once would cost a task group
    account: AccountOf = None,
    pagesize: PageSize = None,
    pagetoken: PageToken = None,
    sort: Sort = None,
    order: Order = None,
    history: WithHistory = None,
    wanted: FilterText = None,
) -> ListQuery:
    """The dependency `listed` of list operations."""
    return ListQuery(
        given(
            account_id=account,
            pagesize=pagesize,
            pagetoken=pagetoken,
            sort=sort,
            order=order,
            include_history=history,
            filter=wanted,
        )
    )


TheListQuery = NamedDependency[SkipValidation[ListQuery]]
