"""Published documents of ten applications, as they are, on deployed servers: what the applications hold
afterwards.

Each document runs on a server with cloud-managed accounts and on one with local accounts. What is expected
is written from the document.
"""

import base64
import email
import email.policy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from tests.tenants import Tenant
from tests.walks.applications import Applications, applications
from tests.walks.deployed import Server, deployed
from tests.walks.house import House, free_port, get

DOUBLES = ("slack", "gmail", "box", "trello", "asana", "msteams", "marketo", "servicenow",
           "zendeskservice", "businessmap", "hubspotcrm", "front", "wordpress", "mssharepoint")  # fmt: skip
CUSTOMER = "An API to create a contact in Salesforce using a name and email address"
REPOSITORIES = "API to retrieve source code repository details and send an email about inactive repositories"
FLOWERS = "Welcome guide part 4 - Flower order API"
INCIDENTS = (
    "Retrieve incidents from ServiceNow based on the severity level and push incident details to a "
    "Microsoft Teams channel"
)
SLACK_COPY = "Copy messages between Slack channels"
FOLDERS = "Create a folder in Box for new contacts created in Salesforce"
LEAD_ROWS = "Create a row in Google Sheets worksheet when a new lead is created in Marketo"
TASKS = "Creates an Asana task when a new Microsoft Teams message is created"
MARKETO_LEADS = "Create a lead in Marketo when a new contact is created in Salesforce"
SALESFORCE_LEADS = "Sync Marketo new leads with Salesforce Leads"
CARDS = "Add a card to a list in Trello when a new lead is added in Marketo"
CAPTURED = "Create new leads in Marketo by capturing lead names and details in Slack"
ROLES = "Assign new Zendesk Service users to a board in Businessmap"
MEMBERS = "Create a contact in HubSpot CRM when a campaign member is created or updated in Salesforce"
DEALS = "Create a comment in Front for each updated deal in HubSpot CRM"
POSTS = "Create a post in WordPress when a new complete row is appended in Google Sheets"
ATTACHED = (
    "Creates a list item attachment in SharePoint and uploads it to Box when a new attachment is created in "
    "ServiceNow"
)
DOCUMENTS = (
    CUSTOMER, REPOSITORIES, FLOWERS, INCIDENTS, SLACK_COPY, FOLDERS, LEAD_ROWS, TASKS, MARKETO_LEADS,
    SALESFORCE_LEADS, CARDS, CAPTURED, ROLES, MEMBERS, DEALS, POSTS,
    ATTACHED,
)  # fmt: skip
NAMES = {
    CUSTOMER: "Customer API",
    TASKS: "Create an Asana task from a new MSTeams message",
    ATTACHED: (
        "New attachment in ServiceNow will create listitem attachment in SharePoint and upload it to box"
    ),
}
"""What those call themselves that have another name than their file."""

OLD, NEW = "2010-01-02T03:04:05.000006+00:00", "2024-01-02T03:04:05.000006+00:00"
REPOSITORY_PAGE = {
    "next": "https://api.bitbucket.org/2.0/repositories?pagelen=2&after=7",
    "values": [
        {
            "name": name, "full_name": f"{owner}/{name}", "uuid": f"{{{name}}}", "updated_on": updated,
            "owner": {"username": owner, "account_id": None},
        }
        for name, owner, updated in (("dusty", "ada", OLD), ("fresh", "grace", NEW))
    ]
}  # fmt: skip
PAGES = {"/api.bitbucket.org/2.0/repositories": REPOSITORY_PAGE}


@dataclass(frozen=True)
class Mail:
    """A mail as Gmail was given it."""

    to: str
    subject: str
    body: str


@pytest.fixture(scope="module")
def apps() -> Iterator[Applications]:
    """The applications on this machine."""
    with applications(*DOUBLES, pages=PAGES) as started:
        yield started


@pytest.fixture(scope="module")
def servers(
    shared: Path, apps: Applications, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Server]]:
    """One server with cloud-managed accounts and one with local ones, both with all the documents."""
    house = House(
        tmp_path_factory.mktemp("house"), free_port(), {"LOCKHOUSE_OPENED_NETWORKS": "127.0.0.1/32"}
    )
    try:
        first = house.init()
        house.up()
        tenant = Tenant(house.url, first["account_id"], first["apikey"], first["instance_id"])
        flows = {document: NAMES.get(document, document) for document in DOCUMENTS}
        yield deployed(house, tenant, apps, shared / "corpus" / "flows", flows)
    finally:
        house.close()


@pytest.fixture(params=["cloud", "local"])
def server(
    request: pytest.FixtureRequest, servers: dict[str, Server], apps: Applications
) -> Iterator[Server]:
    """Each of the two, with applications that remember nothing, and no run that fails."""
    apps.reset()
    yield servers[request.param]
    assert servers[request.param].dead_letters() == []


def mails(apps: Applications) -> list[Mail]:
    """The mails that were sent, in order."""
    found = []
    for request in apps.requests("gmail"):
        assert request["path"].endswith("/messages/send"), request
        raw = base64.urlsafe_b64decode(json.loads(request["body"])["raw"] + "==")
        read = email.message_from_bytes(raw, policy=email.policy.default)
        part = read.get_body()
        content = part.get_content().strip() if part else ""
        found.append(Mail(str(read["To"]), str(read["Subject"]), content))
    return found


def held(apps: Applications, connector: str, kind: str, *names: str) -> list[dict[str, Any]]:
    """What an application holds, as far as these fields go."""
    return [{name: record.get(name) for name in names} for record in apps.records(connector, kind)]


def test_every_api_flow_shows_its_openapi_document_and_a_page_to_try_it(server: Server) -> None:
    shown = server.house.must("server", "show", server.name).out

    assert set(server.described) == {CUSTOMER, REPOSITORIES, FLOWERS, INCIDENTS, DEALS}
    for document, address in server.described.items():
        base, told = address.removesuffix("/openapi.json"), get(address).json
        addresses = [base + path for path in told["paths"]]
        assert told["info"]["title"] == NAMES.get(document, document)
        assert told["servers"] == [{"url": base}]
        assert server.urls[document] in addresses
        assert get(f"{base}/").text.startswith("<!doctype html>")
        assert f"{base}/  a page to try it; {address}" in shown


def test_customer_api_makes_a_contact_in_salesforce(server: Server, apps: Applications) -> None:
    person = {"FirstName": "Ada", "LastName": "Lovelace", "Email_Address": "ada@example.com"}
    answer = server.call(CUSTOMER, person)
    (made,) = apps.records("salesforce", "Contact")

    assert (answer.status, answer.json) == (201, {"CustomerID": made["Id"]})
    assert (made["FirstName"], made["LastName"], made["Email"]) == ("Ada", "Lovelace", "ada@example.com")


def test_repositories_are_asked_for_by_http_and_a_mail_is_sent_about_the_old_one(
    server: Server, apps: Applications
) -> None:
    answer = server.look(REPOSITORIES, "?limit=2&token=5")

    assert apps.records("http") == ["/api.bitbucket.org/2.0/repositories?pagelen=2&after=5"]
    (mail,) = mails(apps)
    assert (mail.to, mail.subject) == ("abc@gmail.com", "ada has an inactive repository named: dusty")
    assert mail.body.startswith(f"Repository dusty has not been updated since {OLD}.")
    assert answer.status == 200
    assert answer.json["next"] == {"limit": 2, "next_page_token": "7"}
    assert answer.json["repository"] == [{"full_name": "ada/dusty", "name": "dusty", "uuid": "{dusty}"}, {}]


def test_an_order_of_flowers_makes_a_card_in_trello_and_adds_to_the_order_product_in_salesforce(
    server: Server, apps: Applications
) -> None:
    account = apps.salesforce("Account", Name="Flowers")
    book = apps.salesforce("Pricebook2", Name="Flowers", IsActive=True)
    product = apps.salesforce("Product2", Name="Lilac", IsActive=True)
    price = {"Product2Id": product, "UnitPrice": 2, "IsActive": True}
    (standard,) = apps.selected("SELECT Id FROM Pricebook2 WHERE IsStandard = true")
    apps.salesforce("PricebookEntry", Pricebook2Id=standard["Id"], **price)
    entry = apps.salesforce("PricebookEntry", Pricebook2Id=book, **price)
    order = apps.salesforce(
        "Order", AccountId=account, EffectiveDate="2026-01-31", Status="Draft", Pricebook2Id=book
    )
    item = apps.salesforce(
        "OrderItem", OrderId=order, PricebookEntryId=entry, Quantity=3, UnitPrice=2, Description="Lilac"
    )
    answer = server.call(
        FLOWERS,
        {
            "Flower_Variety": "Lilac", "Flower_Type": "bunch", "Order_Quantity": 4,
            "Email": "ada@example.com", "First_Name": "Ada",
        },
    )  # fmt: skip

    assert (answer.status, answer.json) == (201, {"ID": item})
    card = {
        "desc": "Ada has ordered 4 Lilac bunch. Please prepare for pickup - ada@example.com.",
        "name": "New Lilac ordered \U0001f338\U0001f389!",
        "idList": "5a599e657b465c2faa898a19",
    }
    assert cards(apps, *card) == [card]
    assert [(one["Id"], one["Quantity"]) for one in apps.records("salesforce", "OrderItem")] == [(item, 7)]


def cards(apps: Applications, *names: str) -> list[dict[str, Any]]:
    """The cards in Trello; documents write the object's name in two ways."""
    return held(apps, "trello", "card", *names) + held(apps, "trello", "Card", *names)


def test_incidents_of_a_severity_are_told_in_microsoft_teams(server: Server, apps: Applications) -> None:
    found = [
        {"severity": "1", "active": "true", "number": "INC1", "sys_id": "a1"},
        {"severity": "1", "active": "false", "number": "INC2", "sys_id": "a2"},
        {"severity": "3", "active": "true", "number": "INC3", "sys_id": "a3"},
    ]
    apps.put("servicenow", "incident", *found)
    answer = server.look(INCIDENTS, "/1")
    active, inactive = apps.records("msteams", "Message")

    assert answer.status == 200
    assert active["body"]["content"].startswith("Escalated ticket that are active for this for this week")
    assert "INC1" in active["body"]["content"]
    assert "INC3" not in active["body"]["content"]
    assert inactive["body"]["content"].startswith("Inactive tickets are")


def test_a_message_is_copied_to_another_channel(server: Server, apps: Applications) -> None:
    server.start(SLACK_COPY, {"messageBody": "hello <there> & all"})
    server.house.wait_until(lambda: bool(apps.records("slack", "message")), "the message")

    assert held(apps, "slack", "message", "channel", "text") == [
        {"channel": "C6DCBFM8R", "text": "hello <there> & all"}
    ]


def test_a_contact_gets_a_folder_in_box_and_its_readers_a_mail(server: Server, apps: Applications) -> None:
    server.start(FOLDERS, {"Id": "0035000001", "LastName": "Lovelace"})
    server.house.wait_until(lambda: bool(mails(apps)), "the mail")
    (folder,) = apps.records("box", "Folder")
    (mail,) = mails(apps)

    assert (folder["name"], folder["parent"]) == ("0035000001", {"id": "0"})
    assert (mail.subject, mail.to) == ("uc7", "saieesh_homkhandi@abc.com, kamakshi_manerikar@abc.com")
    assert f"please follow the folder with ID - {folder['id']} for" in " ".join(mail.body.split())


def test_a_contact_whose_folder_is_there_is_told_by_mail_only(server: Server, apps: Applications) -> None:
    (folder,) = apps.put("box", "Folder", {"name": "there", "parent": {"id": "0"}})
    server.start(FOLDERS, {"Id": folder["id"]})
    server.house.wait_until(lambda: bool(mails(apps)), "the mail")

    assert mails(apps) == [Mail("kamakshi_manerikar@abc.com", "uc7", "folder already exists")]
    assert apps.records("box", "Folder") == [folder]


def test_a_lead_becomes_a_row_in_google_sheets(server: Server, apps: Applications) -> None:
    lead = {"firstName": "Ada", "lastName": "Lovelace", "company": "Engines", "mktoName": "Ada Lovelace"}
    server.start(LEAD_ROWS, lead | {"title": "Countess", "mobilePhone": "+44 1"})
    server.house.wait_until(lambda: bool(apps.records("googlesheet")), "the row")
    ((place, rows),) = apps.records("googlesheet").items()

    assert place == "1VJQmf4WLM6ZVmxk6Sv94DOyuWUDBFO4uFhuWMD_TLJQ/Sheet1"
    (row,) = rows
    assert [row[at] for at in (0, 2, 3, 4, 5)] == ["Ada", "Lovelace", "Engines", "Ada Lovelace", "Countess"]
    assert not row[1]
    assert str(row[6]).removeprefix("'") == "+44 1"


def test_only_a_message_that_says_so_becomes_a_task_in_asana(server: Server, apps: Applications) -> None:
    server.start(TASKS, {"subject": "chatter", "body": {"content": "how are you"}})
    server.start(TASKS, {"subject": "mend it", "body": {"content": "Task: mend the engine"}})
    server.house.wait_until(lambda: bool(apps.records("asana", "Tasks")), "the task")
    (task,) = apps.records("asana", "Tasks")

    assert task["name"] == "New Task is created in Asana with subject as :- mend it"
    assert (task["projects"], task["workspace"]) == (["1163922400757321"], "27549123166712")


def test_a_contact_that_marketo_has_is_told_by_mail_and_not_made_again(
    server: Server, apps: Applications
) -> None:
    apps.put("marketo", "leads", {"id": 7, "email": "ada@example.com", "firstName": "Ada"})
    server.start(MARKETO_LEADS, {"Email": "ada@example.com", "FirstName": "Ada", "LastName": "Lovelace"})
    server.house.wait_until(lambda: bool(mails(apps)), "the mail")

    assert len(apps.records("marketo", "leads")) == 1
    assert mails(apps) == [Mail("preprodtest94@abc.com", "Lead is already present", "")]


def test_a_lead_is_made_in_salesforce_once_and_then_changed(server: Server, apps: Applications) -> None:
    lead = {"company": "Engines", "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace"}
    server.start(SALESFORCE_LEADS, lead | {"phone": "+44 1"})
    server.house.wait_until(lambda: bool(apps.records("salesforce", "Lead")), "the lead")
    server.start(SALESFORCE_LEADS, lead | {"phone": "+44 2"})
    server.house.wait_until(lambda: _phones(apps) == ["+44 2"], "the change")

    (made,) = apps.records("salesforce", "Lead")
    assert (made["Company"], made["Email"], made["LastName"]) == ("Engines", "ada@example.com", "Lovelace")


def _phones(apps: Applications) -> list[str]:
    return [one["Phone"] for one in apps.records("salesforce", "Lead")]


def test_a_lead_becomes_a_card_in_trello(server: Server, apps: Applications) -> None:
    server.start(CARDS, {"id": 318581, "firstName": "Ada"})
    server.house.wait_until(lambda: bool(cards(apps)), "the card")

    card = {"name": "Lead318581", "desc": "New Lead", "idList": "599c24e4e0450721439a5de2"}
    assert cards(apps, *card) == [card]


def test_a_line_in_slack_becomes_a_row_a_lead_and_an_answer(server: Server, apps: Applications) -> None:
    server.start(CAPTURED, {"messageBody": "ada@example.com Ada Lovelace Engines"})
    server.house.wait_until(lambda: bool(apps.records("slack", "message")), "the answer")
    (lead,) = apps.records("marketo", "leads")
    ((place, rows),) = apps.records("googlesheet").items()

    assert (place, rows) == (
        "1Aegwd4YM6dMXy91pSM-wGXocNU6J9hZny_qgMZBjhkY/Sheet1",
        [["ada@example.com", "Ada", "Lovelace", "Engines"]],
    )
    assert {name: lead[name] for name in ("email", "firstName", "lastName", "company")} == {
        "email": "ada@example.com", "firstName": "Ada", "lastName": "Lovelace", "company": "Engines",
    }  # fmt: skip
    assert held(apps, "slack", "message", "channel", "text") == [
        {"channel": "C5CQN6RL4", "text": f"Created customer Ada Lovelace in Marketo. Id {lead['id']}"}
    ]


def test_a_new_user_of_zendesk_gets_a_role_in_businessmap(server: Server, apps: Applications) -> None:
    apps.put("businessmap", "Users", {"email": "bo@example.com"}, {"user_id": 8, "email": "ada@example.com"})
    server.start(ROLES, {"id": 35, "name": "Ada", "email": "ada@example.com"})
    server.house.wait_until(lambda: bool(apps.records("businessmap", "BoardAssignees")), "the role")
    assert [one["path"] for one in apps.requests("businessmap")][-1:] == ["/api/v2/boards/2/userRoles/8"]
    assert held(apps, "businessmap", "BoardAssignees", "role_id") == [{"role_id": 1}]


def test_a_campaign_member_becomes_a_contact_in_hubspot(server: Server, apps: Applications) -> None:
    member = {"Email": "ada@example.com", "FirstName": "Ada", "LastName": "Lovelace", "Title": "Countess"}
    server.start(MEMBERS, {**member, "Phone": ""})
    server.house.wait_until(lambda: bool(apps.records("hubspotcrm", "contacts")), "the contact")

    properties = {
        "email": "ada@example.com",
        "firstname": "Ada",
        "lastname": "Lovelace",
        "jobtitle": "Countess",
    }
    assert held(apps, "hubspotcrm", "contacts", "properties") == [{"properties": properties}]
    assert mails(apps) == []


def test_a_changed_deal_of_hubspot_is_a_comment_in_front(server: Server, apps: Applications) -> None:
    (deal,) = apps.put("hubspotcrm", "deals", {"properties": {"dealname": "Engine", "amount": "7"}})
    answer = get(server.urls[DEALS].replace("{name}", "any"))

    assert (answer.status, answer.json) == (200, {"name": deal["id"]})
    (changed,) = apps.records("hubspotcrm", "deals")
    assert changed["properties"] == {"hs_analytics_source": "ORGANIC_SEARCH"}
    (asked,) = apps.requests("front")
    assert (asked["path"], json.loads(asked["body"])) == (
        "/conversations/cnv_1b64fqos/comments",
        {"body": deal["id"]},
    )


def test_a_row_becomes_a_post_in_wordpress(server: Server, apps: Applications) -> None:
    server.start(POSTS, {"fields": {"1": "Hackday", "2": "Details"}})
    server.house.wait_until(lambda: bool(apps.records("wordpress", "Post")), "the post")

    post = {"title": "Hackday", "content": "Details", "status": "publish", "type": "post"}
    assert held(apps, "wordpress", "Post", *post) == [post]
    assert [one["path"] for one in apps.requests("wordpress")] == ["/rest/v1.1/sites/136907143/posts/new"]


def test_an_attachment_goes_through_sharepoint_to_box(server: Server, apps: Applications) -> None:
    server.start(ATTACHED, {"file_name": "a.txt", "FileContent": "hello"})
    server.house.wait_until(lambda: bool(apps.records("box", "File")), "the file")

    (file,) = apps.records("box", "File")
    assert file["name"].endswith(" a.txt")
    (uploaded,) = apps.requests("box")
    assert "hello" in uploaded["body"]
    at = "/_api/web/lists(guid'7e11aaae-7418-45b9-aad5-809ef5143716')/items(4)/AttachmentFiles"
    paths = [one["path"] for one in apps.requests("mssharepoint")]
    assert paths[0].startswith(f"{at}/add(FileName='")
    assert paths[1:] == [
        at,
        "/_api/web/GetFileByServerRelativeUrl('%2FLists%2FTasks%2FAttachments%2F4%2Fa.txt')/$value",
    ]
