"""SOQL as Salesforce reads it, and what it refuses."""

import pytest

from lockhouse.standins.salesforce_records import Organisation
from lockhouse.standins.soql import QueryRefused


@pytest.fixture
def organisation() -> Organisation:
    made = Organisation()
    account = made.create("Account", {"Name": "ACME"})["id"]
    for number in range(3):
        made.create(
            "Contact",
            {"LastName": f"Doe {number}", "AccountId": account, "Birthdate": f"2000-01-0{number + 1}"},
        )
    return made


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("SELECT Id FROM Contact", 3),
        ("select id from contact where lastname = 'DOE 1'", 1),
        ("SELECT Id FROM Contact WHERE LastName LIKE 'doe_1'", 1),
        ("SELECT Id FROM Contact WHERE LastName LIKE 'doe\\_1'", 0),
        ("SELECT Id FROM Contact WHERE Birthdate > 2000-01-01 AND (LastName = 'Doe 1' OR LastName = 'x')", 1),
        ("SELECT Id FROM Contact WHERE NOT LastName = 'Doe 1'", 2),
        ("SELECT Id FROM Contact WHERE LastName IN ('Doe 1', 'Doe 2') LIMIT 1", 1),
        ("SELECT Id FROM Contact WHERE Account.Name = 'ACME' ORDER BY LastName DESC", 3),
        ("SELECT Id FROM Contact WHERE Email = null", 3),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2020-01-01T00:00:00+02:00", 3),
        ("SELECT Id FROM Contact WHERE CreatedDate = THIS_YEAR", 3),
        ("SELECT Id FROM Contact WHERE CreatedDate > last_n_days:3", 0),
        ("SELECT Id FROM Contact WHERE Birthdate < LAST_N_DAYS:30 AND CreatedDate != YESTERDAY", 3),
        ("SELECT FIELDS(ALL) FROM Contact LIMIT 2", 2),
        ("SELECT Id FROM Contact WHERE IsDeleted = false OFFSET 1", 2),
    ],
)
def test_a_query_finds_what_salesforce_finds(organisation: Organisation, text: str, count: int) -> None:
    found = organisation.query(text)
    assert isinstance(found, list)
    assert len(found) == count


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "MALFORMED_QUERY"),
        ("SELECT Id", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = Doe", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = 'Doe", "MALFORMED_QUERY"),
        (
            "SELECT Id FROM Contact WHERE LastName = 'a' AND LastName = 'b' OR LastName = 'c'",
            "MALFORMED_QUERY",
        ),
        ("SELECT Id FROM Contact; DROP", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE LastName = THIS_YEAR", "MALFORMED_QUERY"),
        ("SELECT Id FROM Contact WHERE CreatedDate = LAST_N_DAYS", "MALFORMED_QUERY"),
        ("SELECT Id, id FROM Contact", "MALFORMED_QUERY"),
        ("SELECT FIELDS(ALL) FROM Contact", "MALFORMED_QUERY"),
        ("SELECT Nope FROM Contact", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Birthdate > '2000-01-01'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE CreatedDate > 2000-01-01", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE Description LIKE '%x%'", "INVALID_FIELD"),
        ("SELECT Id FROM Contact WHERE AccountId = 'x'", "INVALID_QUERY_FILTER_OPERATOR"),
        ("SELECT Id FROM Nope", "INVALID_TYPE"),
        ("SELECT Id, (SELECT Id FROM Nopes) FROM Account", "INVALID_TYPE"),
    ],
)
def test_a_query_is_refused_as_salesforce_refuses_it(
    organisation: Organisation, text: str, code: str
) -> None:
    with pytest.raises(QueryRefused) as caught:
        organisation.query(text)
    assert caught.value.code == code
