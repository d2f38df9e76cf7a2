"""Oracle E-Business Suite: PL/SQL procedures called by SOAP, whose tables are always lists."""

from contextlib import AbstractAsyncContextManager
from typing import Any
from xml.etree import ElementTree as Tree

import pytest
from tests.connectors.scripted import Answer, Sent, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

URL = "https://soa.acme.example:8001"
LOGIN = {"username": "ada", "password": "EXAMPLE-<&>-PASSWORD"}
HEADER = {
    "NLSLanguage": "AMERICAN", "OrgId": 121, "RespApplication": "AR", "SecurityGroup": "STANDARD",
    "Responsibility": "ISL_RECEIVABLES_MANAGER",
}  # fmt: skip
ORDER = "OE_INBOUND_INT_Service___PROCESS_ORDER"
LOCATION = "HZ_LOCATION_V2PUB_Service___CREATE_LOCATION"


def suite(*answers: Any, instance: str = "ebsdb") -> AbstractAsyncContextManager[Vendor]:
    texts = [one if isinstance(one, Answer) else Answer(told(one)) for one in answers]
    endpoint = {"endpointUrl": f"{URL}/"} | ({"instanceId": instance} if instance else {})
    return vendor("oracleebs", texts, LOGIN, endpoint=endpoint)


def told(parameters: str) -> str:
    return (
        '<?xml version="1.0"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/"><env:Header/>'
        '<env:Body><OutputParameters xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xmlns="http://x/">'
        f"{parameters}</OutputParameters></env:Body></env:Envelope>"
    )


def fault(code: str, text: str) -> Answer:
    inner = f"<faultcode>{code}</faultcode><faultstring>{text}</faultstring>"
    body = f"<env:Body><env:Fault>{inner}</env:Fault></env:Body>"
    return Answer(f'<env:Envelope xmlns:env="http://x/">{body}</env:Envelope>', 500)


def read(sent: Sent) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and parameters of a message, by their local names; repeated ones as a list."""
    root = Tree.fromstring(sent.content)
    header, body = list(root)
    return values(header), values(body)["InputParameters"]


def values(element: Any) -> Any:
    found: dict[str, Any] = {}
    for inner in element:
        name = inner.tag.rpartition("}")[2]
        value = values(inner) if len(inner) else inner.text
        found[name] = [*found[name], value] if isinstance(found.get(name), list) else value
        if name.endswith("_ITEM") and not isinstance(found[name], list):
            found[name] = [value]
    return found


async def test_our_choice_a_procedure_is_called_in_the_namespaces_of_its_package() -> None:
    async with suite("<X_LOCATION_ID>7</X_LOCATION_ID><X_RETURN_STATUS>S</X_RETURN_STATUS>") as desk:
        given = {
            "SOAHeader": HEADER,
            "P_LOCATION_REC": {"ADDRESS1": "1 <b> & co", "CITY": "London", "STATE": None},
        }
        result = await desk.call(LOCATION, "CREATE_LOCATION", input=given)
        (sent,) = desk.sent
        assert sent.line == (
            "POST /soa-infra/services/default/ebsdb_plsql_HZ_LOCATION_V2PUB/HZ_LOCATION_V2PUB_Service"
        )
        assert sent.headers["SOAPAction"] == '"CREATE_LOCATION"'
        assert sent.headers["Content-Type"] == "text/xml; charset=utf-8"
        namespace = "http://xmlns.oracle.com/apps/ar/soaprovider/plsql/hz_location_v2pub/"
        assert f'xmlns:own="{namespace}" xmlns:in="{namespace}create_location/"' in sent.content.decode()
        header, parameters = read(sent)
        assert parameters == {"P_LOCATION_REC": {"ADDRESS1": "1 <b> & co", "CITY": "London"}}
        assert header["SOAHeader"] == {
            "Responsibility": "ISL_RECEIVABLES_MANAGER", "RespApplication": "AR", "SecurityGroup": "STANDARD",
            "NLSLanguage": "AMERICAN", "Org_Id": "121",
        }  # fmt: skip
        token = header["Security"]["UsernameToken"]
        assert (token["Username"], token["Password"]) == ("ada", LOGIN["password"])
        assert result.payload == {"X_LOCATION_ID": "7", "X_RETURN_STATUS": "S"}


async def test_without_an_instance_the_suite_itself_is_called() -> None:
    async with suite("", instance="") as desk:
        result = await desk.call(LOCATION, "CREATE_LOCATION", input={"P_LOCATION_REC": {"CITY": "x"}})
        assert desk.lines == ["POST /webservices/SOAProvider/plsql/hz_location_v2pub/"]
        assert (result.status_code, result.payload) == (200, {})


@pytest.mark.parametrize(
    ("action", "header", "line"),
    [
        ("CREATE_ORDER", "CREATE", "CREATE"),
        ("UPDATE_ORDER", "UPDATE", "UPDATE"),
        ("DELETE_ORDER", "DELETE", None),
        ("CREATE_HEADER", "CREATE", None),
        ("DELETE_LINE_ITEM", None, "DELETE"),
    ],
)
async def test_our_choice_an_action_says_what_is_done_with_an_order(
    action: str, header: str | None, line: str | None
) -> None:
    async with suite("<X_HEADER_REC><ORDER_NUMBER>48382</ORDER_NUMBER></X_HEADER_REC>") as desk:
        lines = [
            {"ORDERED_ITEM": "AS54111", "ORDERED_QUANTITY": 1},
            {"ORDERED_ITEM": "B", "OPERATION": "OWN"},
        ]
        given = {"P_HEADER_REC": {"ORDER_TYPE_ID": "1"}, "P_LINE_TBL": {"P_LINE_TBL_ITEM": lines}}
        result = await desk.call(ORDER, action, input=given)
        _, parameters = read(desk.sent[0])
        items = parameters["P_LINE_TBL"]["P_LINE_TBL_ITEM"]
        assert parameters["P_HEADER_REC"].get("OPERATION") == header
        assert [one.get("OPERATION") for one in items] == [line, "OWN"]
        assert result.payload["X_HEADER_REC"]["ORDER_NUMBER"] == "48382"


async def test_rows_of_a_table_are_a_list_even_if_there_is_one() -> None:
    line = "<X_LINE_TBL_ITEM><LINE_ID>{}</LINE_ID><CREDIT_CARD_CODE/></X_LINE_TBL_ITEM>"
    one, two = (
        f"<X_LINE_TBL>{''.join(line.format(at) for at in range(count))}</X_LINE_TBL>" for count in (1, 2)
    )
    async with suite(one, two) as desk:
        for count in (1, 2):
            result = await desk.call(
                "OE_INBOUND_INT_Service___GET_ORDER", "GET_ORDER", input={"P_ORDER_NUMBER": "48382"}
            )
            assert result.payload["X_LINE_TBL"]["X_LINE_TBL_ITEM"] == [
                {"LINE_ID": str(at), "CREDIT_CARD_CODE": None} for at in range(count)
            ]


@pytest.mark.parametrize("given", [{"P_A><b": "x"}, {"P_A": "\x00"}, {"P_A": {"1": "x"}}, {"SOAHeader": "x"}])
async def test_what_no_message_can_hold_is_not_sent(given: dict[str, Any]) -> None:
    async with suite() as desk:
        with pytest.raises(Rejected):
            await desk.call(LOCATION, "CREATE_LOCATION", input=given)
        assert desk.lines == []


async def test_a_create_is_not_made_again_after_a_failure() -> None:
    async with suite(Answer("down", 503), "") as desk:
        with pytest.raises(Unavailable):
            await desk.call(LOCATION, "CREATE_LOCATION", input={"P_LOCATION_REC": {"CITY": "x"}})
        assert len(desk.sent) == 1


@pytest.mark.parametrize("answer", [told("<TESTUSERNAME>1</TESTUSERNAME>"), Answer("no such service", 404)])
async def test_our_choice_an_account_is_tested_by_asking_for_its_user(answer: Any) -> None:
    async with suite(answer if isinstance(answer, Answer) else Answer(answer)) as desk:
        assert await desk.check() is True
        assert read(desk.sent[0])[1] == {"X_USER_NAME": "ada"}


@pytest.mark.parametrize(
    ("answer", "word", "words"),
    [
        (fault("wsse:FailedAuthentication", "no such user"), AuthFailed, "no such user"),
        (fault("env:Server", "ORA-01403: no data found"), Rejected, "env:Server: ORA-01403"),
        (Answer("<html>", 401), AuthFailed, "401"),
        (Answer("<html>", 404), NotFound, "404"),
        (Answer("<html>", 429, {"Retry-After": "60"}), RateLimited, "429"),
        (Answer("<html>", 502), Unavailable, "502"),
        (Answer("<html>", 200), Unavailable, "XML"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    answer: Answer, word: type[ActionFailed], words: str
) -> None:
    async with suite(answer) as desk:
        with pytest.raises(word, match=words) as caught:
            await desk.call(LOCATION, "CREATE_LOCATION", input={"P_LOCATION_REC": {"CITY": "x"}})
        assert type(caught.value) is word
        assert "EXAMPLE" not in str(caught.value)
