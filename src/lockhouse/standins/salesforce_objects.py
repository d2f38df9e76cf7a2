"""The standard objects of a Salesforce organisation, from the Object Reference: fields, types, what may be
written.

One line for each object: its key prefix, then `name:type(length)` with `!` required on create, `~` only on
create, `-` set by Salesforce. Every object also has the system fields.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

_ADDRESS = (
    "{0}Street:textarea {0}City:string(40) {0}State:string(80) {0}PostalCode:string(20) "
    "{0}Country:string(80) {1}:address-"
)
_BILLING, _SHIPPING = (
    _ADDRESS.format("Billing", "BillingAddress"),
    _ADDRESS.format("Shipping", "ShippingAddress"),
)
_MAILING, _OTHER = _ADDRESS.format("Mailing", "MailingAddress"), _ADDRESS.format("Other", "OtherAddress")
_OWN = _ADDRESS.format("", "Address")
_SYSTEM = (
    "Id:id- IsDeleted:boolean- CreatedDate:datetime- CreatedById:reference- LastModifiedDate:datetime- "
    "LastModifiedById:reference- SystemModstamp:datetime-"
)
_TABLE = f"""
Account 001 Name:string(255)! AccountNumber:string(40) AccountSource:picklist AnnualRevenue:currency
  {_BILLING} {_SHIPPING} Description:textarea(32000) Fax:phone(40) Industry:picklist NumberOfEmployees:int
  OwnerId:reference ParentId:reference Phone:phone(40) Rating:picklist Sic:string(20) SicDesc:string(80)
  Site:string(80) TickerSymbol:string(20) Type:picklist Website:url(255) Ownership:picklist
  YearStarted:string(4)
Attachment 00P ParentId:reference!~ Name:string(255)! Body:base64! ContentType:string(120) BodyLength:int-
  Description:textarea(500) IsPrivate:boolean OwnerId:reference
Campaign 701 Name:string(80)! Type:picklist Status:picklist StartDate:date EndDate:date
  ExpectedRevenue:currency BudgetedCost:currency ActualCost:currency ExpectedResponse:percent
  NumberSent:double IsActive:boolean Description:textarea(32000) ParentId:reference OwnerId:reference
  NumberOfLeads:int- NumberOfContacts:int-
CampaignMember 00v CampaignId:reference!~ LeadId:reference~ ContactId:reference~ Status:picklist
  HasResponded:boolean- FirstRespondedDate:date- Name:string(255)- FirstName:string(40)-
  LastName:string(80)- Salutation:picklist- Email:email(80)- Title:string(128)-
  CompanyOrAccount:string(255)- Phone:phone(40)- Type:picklist-
Case 500 Subject:string(255) Description:textarea(32000) Status:picklist Origin:picklist Priority:picklist
  Reason:picklist Type:picklist SuppliedName:string(80) SuppliedEmail:email(80) SuppliedPhone:string(40)
  SuppliedCompany:string(80) ContactId:reference AccountId:reference ParentId:reference OwnerId:reference
  IsEscalated:boolean Comments:textarea(4000) CaseNumber:string(30)- IsClosed:boolean-
  ClosedDate:datetime-
CaseComment 00a ParentId:reference!~ CommentBody:textarea(4000) IsPublished:boolean
Contact 003 LastName:string(80)! FirstName:string(40) Salutation:picklist Name:string(121)-
  AccountId:reference AssistantName:string(40) AssistantPhone:phone(40) Birthdate:date
  Department:string(80) Description:textarea(32000) Email:email(80) Fax:phone(40) HomePhone:phone(40)
  LeadSource:picklist {_MAILING} {_OTHER} MobilePhone:phone(40) OtherPhone:phone(40) OwnerId:reference
  Phone:phone(40) ReportsToId:reference Title:string(128)
Contract 800 AccountId:reference! Status:picklist StartDate:date ContractTerm:int OwnerId:reference
  SpecialTerms:textarea(4000) Description:textarea(32000) {_BILLING} Pricebook2Id:reference EndDate:date-
  ContractNumber:string(30)-
Document 015 FolderId:reference! Name:string(255)! DeveloperName:string(80) Body:base64
  ContentType:string(120) Type:string(40) Description:textarea(255) IsPublic:boolean Keywords:string(255)
  Url:url(1000) BodyLength:int-
Lead 00Q LastName:string(80)! Company:string(255)! FirstName:string(40) Salutation:picklist
  Name:string(121)- Title:string(128) {_OWN} Phone:phone(40) MobilePhone:phone(40) Fax:phone(40)
  Email:email(80) Website:url(255) Description:textarea(32000) LeadSource:picklist Status:picklist
  Industry:picklist Rating:picklist AnnualRevenue:currency NumberOfEmployees:int OwnerId:reference
  IsConverted:boolean~ ConvertedDate:date-
Note 002 ParentId:reference!~ Title:string(80)! Body:textarea(32000) IsPrivate:boolean OwnerId:reference
Opportunity 006 Name:string(120)! StageName:picklist! CloseDate:date! AccountId:reference Amount:currency
  Probability:percent Type:picklist LeadSource:picklist NextStep:string(255) Description:textarea(32000)
  CampaignId:reference OwnerId:reference ForecastCategoryName:picklist Pricebook2Id:reference
  ContactId:reference~ TotalOpportunityQuantity:double IsPrivate:boolean IsClosed:boolean- IsWon:boolean-
OpportunityLineItem 00k OpportunityId:reference!~ PricebookEntryId:reference~ Product2Id:reference~
  Quantity:double! UnitPrice:currency TotalPrice:currency ServiceDate:date Description:string(255)
  Discount:percent Name:string(376)-
Order 801 EffectiveDate:date! Status:picklist! AccountId:reference Pricebook2Id:reference
  ContractId:reference Name:string(80) Description:textarea(32000) OwnerId:reference Type:picklist
  PoNumber:string(80) PoDate:date OrderReferenceNumber:string(80) BillToContactId:reference
  ShipToContactId:reference {_BILLING} {_SHIPPING} EndDate:date OrderNumber:string(30)-
  TotalAmount:currency-
OrderItem 802 OrderId:reference!~ PricebookEntryId:reference!~ Quantity:double! UnitPrice:currency!
  Description:string(255) ServiceDate:date EndDate:date Product2Id:reference~ TotalPrice:currency-
Pricebook2 01s Name:string(255)! IsActive:boolean Description:string(255) IsStandard:boolean-
PricebookEntry 01u Pricebook2Id:reference!~ Product2Id:reference!~ UnitPrice:currency! IsActive:boolean
  UseStandardPrice:boolean Name:string(255)- ProductCode:string(255)-
Product2 01t Name:string(255)! ProductCode:string(255) Description:textarea(4000) IsActive:boolean
  Family:picklist ExternalId:string(255) DisplayUrl:url(1000) QuantityUnitOfMeasure:picklist
  StockKeepingUnit:string(180)
Task 00T WhoId:reference WhatId:reference Subject:string(255) ActivityDate:date Status:picklist
  Priority:picklist OwnerId:reference Description:textarea(32000) CallDurationInSeconds:int
  CallType:picklist CallDisposition:string(255) CallObject:string(255) TaskSubtype:picklist~
  IsReminderSet:boolean ReminderDateTime:datetime IsClosed:boolean-
User 005 Username:string(80)! LastName:string(80)! Email:email(80)! Alias:string(8)!
  TimeZoneSidKey:picklist! LocaleSidKey:picklist! EmailEncodingKey:picklist! LanguageLocaleKey:picklist!
  ProfileId:reference! FirstName:string(40) Name:string(121)- IsActive:boolean Title:string(80)
  Department:string(80) CompanyName:string(80) Phone:phone(40) MobilePhone:phone(40) ManagerId:reference
"""
_FIELD = re.compile(r"(\w+):(\w+)(?:\((\d+)\))?([!~-]*)")

# What a query may ask of an object's children: `(SELECT … FROM CampaignMembers)`.
CHILDREN: Mapping[tuple[str, str], tuple[str, str]] = {
    ("Campaign", "CampaignMembers"): ("CampaignMember", "CampaignId"),
    ("Account", "Contacts"): ("Contact", "AccountId"),
    ("Account", "Opportunities"): ("Opportunity", "AccountId"),
    ("Account", "Cases"): ("Case", "AccountId"),
    ("Case", "CaseComments"): ("CaseComment", "ParentId"),
    ("Opportunity", "OpportunityLineItems"): ("OpportunityLineItem", "OpportunityId"),
    ("Order", "OrderItems"): ("OrderItem", "OrderId"),
}


@dataclass(frozen=True, slots=True)
class StoredField:
    """A field as `describe` tells it. `length` 0 is unlimited."""

    name: str
    type: str
    length: int = 0
    required: bool = False
    createable: bool = True
    updateable: bool = True


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An sObject: its name, the first three characters of its ids, its fields by lower-case name."""

    name: str
    prefix: str
    fields: Mapping[str, StoredField]

    def with_fields(self, text: str) -> "StoredObject":
        """The same object with custom fields, written as in the table."""
        return replace(self, fields={**self.fields, **_fields(text)})


def standard_objects() -> dict[str, StoredObject]:
    """The objects of a new organisation by name."""
    joined = re.sub(r"\n\s+", " ", _TABLE.strip())
    rows = (line.split(" ", 2) for line in joined.splitlines())
    return {name: new_object(name, prefix, fields) for name, prefix, fields in rows}


def new_object(name: str, prefix: str, fields: str) -> StoredObject:
    """An object with the fields of a text as in the table, and the system fields."""
    return StoredObject(name, prefix, _fields(f"{fields} {_SYSTEM}"))


def _fields(text: str) -> dict[str, StoredField]:
    found = {}
    for name, kind, length, flags in _FIELD.findall(text):
        found[name.lower()] = StoredField(
            name=name,
            type=kind,
            length=int(length or 0),
            required="!" in flags,
            createable="-" not in flags,
            updateable="-" not in flags and "~" not in flags,
        )
    return found
