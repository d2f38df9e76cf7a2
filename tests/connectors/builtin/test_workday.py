"""Workday: maps become the XML of its web services, faults become our five words."""

import base64
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any
from xml.etree import ElementTree as Etree

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, Rejected, Unavailable

USER = {"username": "isu", "password": "EXAMPLE-<PASSWORD>&"}
PLACE = {"domainName": "wd2.example.com", "tenantName": "acme", "version": "v40.1"}
WD = "{urn:com.workday/bsvc}"
WSSE = "{http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd}"
CREATE = "Recruiting___Create_Job_Requisition", "Create_Job_Requisition"
ATTACH = "Recruiting___Put_Candidate_Attachment", "Put_Candidate_Attachment"
CANDIDATES = "Recruiting___Get_Candidates", "Get_Candidates"
PROJECT = "Financial_Management___Put_Basic_Project", "Put_Basic_Project"


def workday(*answers: Any, **more: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("workday", answers, USER, **{"endpoint": PLACE, **more})


def enveloped(body: str) -> Answer:
    return Answer(
        '<?xml version="1.0"?><env:Envelope xmlns:env="http://schemas.xmlsoap.org/soap/envelope/">'
        f'<env:Body xmlns:wd="urn:com.workday/bsvc">{body}</env:Body></env:Envelope>'
    )


def fault(code: str, text: str, detail: str = "") -> Answer:
    body = f"<SOAP-ENV:Fault><faultcode>SOAP-ENV:Client.{code}</faultcode>"
    told = enveloped(f"{body}<faultstring>{text}</faultstring>{detail}</SOAP-ENV:Fault>")
    return replace(told, status=500)


def reference(kind: str, value: Any) -> dict[str, Any]:
    return {"ID__NORMALIZED": {kind: value}}


def body_of(desk: Vendor) -> Etree.Element:
    envelope = Etree.fromstring(desk.sent[0].content)
    (found,) = envelope[1]
    return found


async def test_a_requisition_has_its_parts_in_the_order_of_the_schema() -> None:
    answer = (
        '<wd:Create_Job_Requisition_Response><wd:Event_Reference wd:Descriptor="Job">'
        '<wd:ID wd:type="WID">e1</wd:ID></wd:Event_Reference></wd:Create_Job_Requisition_Response>'
    )
    requisition = {
        "Recruiting_Start_Date___Date": "2026-01-31T00:00:00Z",
        "Scheduled_Weekly_Hours": "40",
        "Worker_Sub-Type_Reference": reference("Employee_Type_ID", "Regular"),
        "Job_Description": "a < b & c",
        "Job_Posting_Title": "Engineer",
    }
    data = {
        "Job_Requisition_Data": requisition,
        "Number_of_Openings": 2,
        "Supervisory_Organization_Reference": reference("Organization_Reference_ID", "ORG-1"),
    }
    async with workday(enveloped(answer)) as desk:
        result = await desk.call(*CREATE, input={"Create_Job_Requisition_Data": data})
        assert desk.lines == ["POST /ccx/service/acme/Recruiting/v40.1"]
        assert desk.sent[0].host == "wd2.example.com"
        assert desk.sent[0].headers["Content-Type"] == "text/xml; charset=utf-8"
        request = body_of(desk)
        assert (request.tag, request.get(f"{WD}version")) == (f"{WD}Create_Job_Requisition_Request", "v40.1")
        (told,) = request
        names = [part.tag.removeprefix(WD) for part in told]
        assert names == ["Supervisory_Organization_Reference", "Number_of_Openings", "Job_Requisition_Data"]
        assert (told[0][0].get(f"{WD}type"), told[0][0].text) == ("Organization_Reference_ID", "ORG-1")
        parts = [(part.tag.removeprefix(WD), part.text) for part in told[2]]
        assert parts == [
            ("Job_Posting_Title", "Engineer"),
            ("Job_Description", "a < b & c"),
            ("Recruiting_Start_Date", "2026-01-31"),
            ("Worker_Sub-Type_Reference", None),
            ("Scheduled_Weekly_Hours", "40"),
        ]
        event = {"ID__NORMALIZED": {"WID": "e1"}, "Descriptor": "Job"}
        assert result.payload == {"Event_Reference": event}


async def test_the_user_logs_in_within_the_envelope() -> None:
    async with workday(enveloped("<wd:Server_Timestamp/>")) as desk:
        assert await desk.check() is True
        assert desk.lines == ["POST /ccx/service/acme/Human_Resources/v40.1"]
        assert "Authorization" not in desk.sent[0].headers
        envelope = Etree.fromstring(desk.sent[0].content)
        token = envelope[0][0][0]
        assert token.findtext(f"{WSSE}Username") == "isu@acme"
        assert token.findtext(f"{WSSE}Password") == "EXAMPLE-<PASSWORD>&"
        assert body_of(desk).tag == f"{WD}Server_Timestamp_Get"


async def test_an_api_client_shows_its_token() -> None:
    fields = {
        "clientId": "EXAMPLE-ID",
        "clientSecret": "EXAMPLE-SECRET",
        "refreshToken": "EXAMPLE-REFRESH",
    }
    answers = [{"access_token": "EXAMPLE-TOKEN"}, enveloped("<wd:Server_Timestamp/>")]
    place = {**PLACE, "domainName": "https://wd2.example.com"}
    async with vendor("workday", answers, fields, auth_type="BASIC_OAUTH", endpoint=place) as desk:
        assert await desk.check() is True
        assert desk.lines[0] == "POST /ccx/oauth2/acme/token"
        assert desk.sent[1].headers["Authorization"] == "Bearer EXAMPLE-TOKEN"
        assert b"Security" not in desk.sent[1].content


async def test_candidates_are_asked_for_and_read() -> None:
    one = (
        '<wd:Candidate><wd:Candidate_Reference><wd:ID wd:type="WID">w{0}</wd:ID>'
        '<wd:ID wd:type="Candidate_ID">C-{0}</wd:ID></wd:Candidate_Reference></wd:Candidate>'
    )
    found_two = f"<wd:Response_Data>{one.format(1)}{one.format(2)}</wd:Response_Data>"
    answer = f"<wd:Get_Candidates_Response>{found_two}</wd:Get_Candidates_Response>"
    async with workday(enveloped(answer)) as desk:
        criteria = {"Candidate_Email_Address": "ada@example.com"}
        result = await desk.call(*CANDIDATES, input={"Request_Criteria": criteria})
        assert body_of(desk)[0][0].text == "ada@example.com"
        found = [one["Candidate_Reference"] for one in result.payload["Response_Data"]["Candidate"]]
        assert [one["ID__NORMALIZED"]["Candidate_ID"] for one in found] == ["C-1", "C-2"]


@pytest.mark.parametrize(
    ("content", "told"), [("sample file content", b"sample file content"), ("AAE=", b"\x00\x01")]
)
async def test_our_choice_a_file_that_is_no_base64_is_taken_as_text(content: str, told: bytes) -> None:
    async with workday(enveloped("<wd:Put_Candidate_Attachment_Response/>")) as desk:
        attached = {"Attachment_Data": {"File_Content": content, "Filename": "a.txt"}}
        given = {
            "Job_Application_Attachment_Data": [attached],
            "Candidate_Reference": reference("Candidate_ID", "C-1"),
        }
        await desk.call(*ATTACH, input=given)
        candidate, data = body_of(desk)
        assert candidate.tag == f"{WD}Candidate_Reference"
        names = [part.tag.removeprefix(WD) for part in data[0]]
        assert names == ["Filename", "File_Content"]
        assert base64.b64decode(data[0][1].text or "") == told


async def test_our_choice_an_id_without_a_type_says_nothing() -> None:
    async with workday(enveloped("<wd:Put_Basic_Project_Response/>")) as desk:
        attributes = [
            {"attr_value": "https://example.com/32"},
            {"attr_name": "Project_ID", "attr_value": "P"},
        ]
        given = {
            "Basic_Project_Data": {"Project_Name": "Engine", "Project_ID": 10001},
            "Project_Reference": {"ID__NORMALIZED": {"attributes": attributes[:1]}},
        }
        await desk.call(*PROJECT, input=given)
        (data,) = body_of(desk)
        assert [(part.tag.removeprefix(WD), part.text) for part in data] == [
            ("Project_ID", "10001"),
            ("Project_Name", "Engine"),
        ]


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"Basic_Project_Data": {"a><b": "x"}},
        {"Basic_Project_Data": {"Project_Name": "bell\x07"}},
        {"Basic_Project_Data": {"Project_Name": "x"}, "Project_Reference": {"ID__NORMALIZED": "P"}},
    ],
)
async def test_what_cannot_be_xml_is_not_sent(given: dict[str, Any]) -> None:
    async with workday() as desk:
        with pytest.raises(Rejected):
            await desk.call(*PROJECT, input=given)
        assert desk.sent == []


async def test_a_value_cannot_end_its_element() -> None:
    async with workday(enveloped("<wd:Put_Basic_Project_Response/>")) as desk:
        name = "</wd:Project_Name><wd:Inactive>true</wd:Inactive>"
        kind = '"><wd:x y="'
        given = {"Basic_Project_Data": {"Project_Name": name}, "Project_Reference": reference(kind, "1")}
        await desk.call(*PROJECT, input=given)
        reference_, data = body_of(desk)
        assert (data[0].text, len(data)) == (name, 1)
        assert reference_[0].get(f"{WD}type") == kind


DETAIL = (
    "<detail><wd:Validation_Fault><wd:Validation_Error><wd:Message>Title is needed</wd:Message>"
    "</wd:Validation_Error></wd:Validation_Fault></detail>"
)


@pytest.mark.parametrize(
    ("answer", "word", "text"),
    [
        (
            fault("authenticationError", "invalid username or password"),
            AuthFailed,
            "invalid username or password",
        ),
        (
            fault("validationError", "Validation error occurred.", DETAIL),
            Rejected,
            "Validation error occurred.: Title is needed",
        ),
        (
            fault("Processing_Fault", "Processing error occurred. The task submitted is not authorized."),
            AuthFailed,
            "authorized",
        ),
        (replace(enveloped("<x/>"), status=503), Unavailable, "503"),
        (Answer("<html>maintenance", 200), Unavailable, "XML"),
        (Answer('{"a": 1}', 200), Unavailable, "XML"),
        (Answer("<other/>", 200), Unavailable, "XML"),
    ],
)
async def test_a_fault_is_told_in_one_of_five_words(
    answer: Answer, word: type[ActionFailed], text: str
) -> None:
    async with workday(answer, answer, answer) as desk:
        with pytest.raises(word, match=text) as caught:
            await desk.call(*PROJECT, input={"Basic_Project_Data": {"Project_Name": "x"}})
        assert type(caught.value) is word
        assert "PASSWORD" not in str(caught.value)


@pytest.mark.parametrize("depth", [200, 20_000])
async def test_an_answer_that_is_nested_without_end_is_refused(depth: int) -> None:
    async with workday(enveloped("<a>" * depth + "</a>" * depth)) as desk:
        with pytest.raises(Unavailable):
            await desk.call(*PROJECT, input={"Basic_Project_Data": {"Project_Name": "x"}})
