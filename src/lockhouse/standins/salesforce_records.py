"""What a Salesforce organisation keeps: records made, changed, deleted and queried by the vendor's rules."""

import re
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from typing import Any

from lockhouse.standins.salesforce_objects import StoredField, StoredObject, new_object, standard_objects
from lockhouse.standins.soql import Query, Record, comparable, parse

VERSION = "v60.0"
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(\.[^@\s.]+)+")
_NUMBERED = {"Case": "CaseNumber", "Order": "OrderNumber", "Contract": "ContractNumber"}
_PARENTS = {"Order": [("OrderItem", "OrderId")], "Campaign": [("CampaignMember", "CampaignId")]}
_UNCHECKED = frozenset({"ProfileId", "FolderId"})  # what they name is not kept here
_SHOWN_OF_MEMBERS = ("FirstName", "LastName", "Salutation", "Email", "Title", "Phone")


class Refused(Exception):
    """Salesforce answers with this status and error."""

    def __init__(self, status: int, code: str, message: str, fields: tuple[str, ...] = ()) -> None:
        super().__init__(message)
        self.status = status
        self.error = {"message": message, "errorCode": code, "fields": list(fields)}


class Organisation:
    """The objects of one organisation and their records, oldest first."""

    def __init__(self) -> None:
        self.objects = standard_objects()
        self.records: dict[str, Record] = {}
        self.deleted: dict[str, Record] = {}
        self._count = 0
        self.user_id = self._store(
            "User", {"Username": "ada@example.com", "LastName": "Byron", "IsActive": True}
        )
        self.standard_book = self._store(
            "Pricebook2", {"Name": "Standard Price Book", "IsStandard": True, "IsActive": True}
        )

    def define(self, name: str, fields: str) -> None:
        """Add custom fields to an object, or a custom object or platform event."""
        known = self.objects.get(name)
        self.objects[name] = (
            known.with_fields(fields) if known else new_object(name, f"a{len(self.objects):02d}", fields)
        )

    def object(self, name: str) -> StoredObject:
        """An object by name. Raises Refused."""
        found = next((found for key, found in self.objects.items() if key.lower() == name.lower()), None)
        if found is None:
            raise Refused(404, "NOT_FOUND", "The requested resource does not exist")
        return found

    def create(self, name: str, values: Mapping[str, Any]) -> dict[str, Any]:
        """Make a record; the answer of the create call. Raises Refused."""
        target = self.object(name)
        self._check(target, values, creating=True)
        missing = [
            field.name for field in target.fields.values() if field.required and _empty(values, field.name)
        ]
        if missing:
            raise Refused(
                400,
                "REQUIRED_FIELD_MISSING",
                f"Required fields are missing: [{', '.join(missing)}]",
                tuple(missing),
            )
        if target.name == "PricebookEntry":
            self._check_price(values)
        spelled = {target.fields[key.lower()].name: value for key, value in values.items()}
        record_id = self._store(target.name, spelled)
        if target.name.endswith("__e"):
            errors = [{"statusCode": "OPERATION_ENQUEUED", "message": record_id, "fields": []}]
            return {"id": record_id, "success": True, "errors": errors}
        return {"id": record_id, "success": True, "errors": []}

    def update(self, name: str, record_id: str, values: Mapping[str, Any]) -> None:
        """Change a record. Raises Refused."""
        target = self.object(name)
        record = self.get(name, record_id)
        self._check(target, values, creating=False)
        record |= {target.fields[key.lower()].name: value for key, value in values.items()}
        record["LastModifiedDate"] = record["SystemModstamp"] = _now()
        _compose(target, record)

    def delete(self, name: str, record_id: str) -> None:
        """Delete a record, and what belongs to it. Raises Refused."""
        record = self.get(name, record_id)
        for child, field in _PARENTS.get(record["attributes"]["type"], []):
            for inner in [one for one in self.of(child) if one.get(field) == record["Id"]]:
                self._bury(inner)
        self._bury(record)

    def get(self, name: str, record_id: str) -> Record:
        """One record. Raises Refused."""
        target = self.object(name)
        found = next(
            (one for one in self.of(target.name) if comparable(one["Id"]) == comparable(record_id)), None
        )
        if found is not None:
            return found
        if any(comparable(buried) == comparable(record_id) for buried in self.deleted):
            raise Refused(404, "ENTITY_IS_DELETED", "entity is deleted")
        if not _ID.fullmatch(record_id):
            raise Refused(400, "MALFORMED_ID", f"malformed id {record_id}")
        raise Refused(404, "NOT_FOUND", "The requested resource does not exist")

    def of(self, name: str) -> list[Record]:
        """The records of an object, the oldest first."""
        return [record for record in self.records.values() if record["attributes"]["type"] == name]

    def query(self, text: str, *, with_deleted: bool = False) -> list[Record] | int:
        """The records that a query finds, or their number for COUNT(). Raises QueryRefused."""
        return self._run(parse(text, self.objects), with_deleted=with_deleted)

    def _run(
        self, query: Query, *, with_deleted: bool, parent: tuple[str, str] | None = None
    ) -> list[Record] | int:
        candidates = self.of(query.target.name)
        if with_deleted:
            candidates += [
                one for one in self.deleted.values() if one["attributes"]["type"] == query.target.name
            ]
        if parent is not None:
            candidates = [record for record in candidates if record.get(parent[0]) == parent[1]]
        found = [seen for record in candidates if query.keep(seen := self._related(record))]
        for name, descending in reversed(query.order):
            found.sort(key=lambda record: _sort_key(_at(record, name)), reverse=descending)
        end = None if query.limit is None else query.offset + query.limit
        found = found[query.offset : end]
        return (
            len(found) if query.count_only else [self._shown(record, query, with_deleted) for record in found]
        )

    def _related(self, record: Record) -> Record:
        related = dict(record)
        for name, value in record.items():
            if name.endswith("Id") and name != "Id" and isinstance(value, str) and value in self.records:
                related[name[:-2]] = self.records[value]
        return related

    def _shown(self, record: Record, query: Query, with_deleted: bool) -> Record:
        shown: Record = {"attributes": record["attributes"]}
        for name in _expanded(query):
            value = _at(record, name)
            if query.target.fields.get(name.lower(), _PLAIN).type == "base64" and value is not None:
                value = f"/services/data/{VERSION}/sobjects/{query.target.name}/{record['Id']}/{name}"
            steps = name.split(".")
            place = shown
            for step in steps[:-1]:
                place = place.setdefault(step, {})
            place[steps[-1]] = value
        for name, child, link in query.children:
            inner = self._run(child, with_deleted=with_deleted, parent=(link, record["Id"]))
            if isinstance(inner, list):
                shown[name] = {"totalSize": len(inner), "done": True, "records": inner} if inner else None
        return shown

    def _store(self, name: str, values: Mapping[str, Any]) -> str:
        self._count += 1
        target, now = self.objects[name], _now()
        record_id = f"{target.prefix}A0{self._count:010d}AAA"
        user = getattr(self, "user_id", record_id)
        record: Record = {
            "attributes": {"type": name, "url": f"/services/data/{VERSION}/sobjects/{name}/{record_id}"}
        }
        record |= {field.name: False if field.type == "boolean" else None for field in target.fields.values()}
        record |= dict(values) | {
            "Id": record_id,
            "IsDeleted": False,
            "CreatedById": user,
            "LastModifiedById": user,
        }
        record |= {"CreatedDate": now, "LastModifiedDate": now, "SystemModstamp": now}
        if name in _NUMBERED:
            record[_NUMBERED[name]] = f"{1000 + self._count:08d}"
        if "ownerid" in target.fields and record.get("OwnerId") is None:
            record["OwnerId"] = user
        if name == "CampaignMember":
            record |= self._person(record)
        _compose(target, record)
        self.records[record_id] = record
        return record_id

    def _person(self, member: Record) -> Record:
        """What a campaign member shows of the lead or contact that it is."""
        person_id = member.get("LeadId") or member.get("ContactId")
        person = self.records.get(person_id or "")
        if person is None:
            return {}
        account = self.records.get(person.get("AccountId") or "", {})
        shown = {name: person.get(name) for name in _SHOWN_OF_MEMBERS}
        company = person.get("Company") or account.get("Name")
        return shown | {"CompanyOrAccount": company, "Type": person["attributes"]["type"]}

    def _bury(self, record: Record) -> None:
        record["IsDeleted"] = True
        self.deleted[record["Id"]] = self.records.pop(record["Id"])

    def _check(self, target: StoredObject, values: Mapping[str, Any], *, creating: bool) -> None:
        for name, value in values.items():
            field = target.fields.get(name.lower())
            if field is None:
                raise Refused(
                    400, "INVALID_FIELD", f"No such column '{name}' on sobject of type {target.name}"
                )
            if not (field.createable if creating else field.updateable):
                verb = "create" if creating else "update"
                advice = "Please check the security settings of this field"
                message = f"Unable to create/update fields: {field.name}. {advice} ({verb})."
                raise Refused(400, "INVALID_FIELD_FOR_INSERT_UPDATE", message, (field.name,))
            if value is None:
                if field.required and not creating:
                    raise Refused(
                        400,
                        "REQUIRED_FIELD_MISSING",
                        f"Required fields are missing: [{field.name}]",
                        (field.name,),
                    )
                continue
            check_value(field, value)
            if field.type == "reference":
                self._check_reference(field, value)

    def _check_reference(self, field: StoredField, value: str) -> None:
        if not _ID.fullmatch(value):
            raise Refused(
                400, "MALFORMED_ID", f"{field.name}: id value of incorrect type: {value}", (field.name,)
            )
        known = any(comparable(one) == comparable(value) for one in self.records)
        if not known and field.name not in _UNCHECKED:
            raise Refused(400, "INVALID_CROSS_REFERENCE_KEY", "invalid cross reference id", (field.name,))

    def _check_price(self, values: Mapping[str, Any]) -> None:
        entries = self.of("PricebookEntry")
        standard = any(
            one["Pricebook2Id"] == self.standard_book and one["Product2Id"] == values["Product2Id"]
            for one in entries
        )
        if values["Pricebook2Id"] != self.standard_book and not standard:
            message = "Before creating a custom price, create a standard price."
            raise Refused(400, "STANDARD_PRICE_NOT_DEFINED", message)


_PLAIN = StoredField("", "string")


def check_value(field: StoredField, value: Any) -> None:
    """Refuse a value that is not of the field's type. Raises Refused."""
    kinds: Mapping[str, type | tuple[type, ...]] = {
        "boolean": bool, "int": int, **dict.fromkeys(("double", "currency", "percent"), (int, float)),
    }  # fmt: skip
    wanted = kinds.get(field.type, str)
    if not isinstance(value, wanted) or (isinstance(value, bool) and field.type != "boolean"):
        raise _not_readable(field, _JSON_WORDS.get(type(value).__name__, "START_ARRAY"), value)
    if not isinstance(value, str):
        return
    if field.length and len(value) > field.length:
        message = f"{field.name}: data value too large: {value[:80]} (max length={field.length})"
        raise Refused(400, "STRING_TOO_LONG", message, (field.name,))
    if field.type == "email" and value and not _EMAIL.fullmatch(value):
        message = f"{field.name}: invalid email address: {value}"
        raise Refused(400, "INVALID_EMAIL_ADDRESS", message, (field.name,))
    if field.type in ("date", "datetime") and not _is_time(field.type, value):
        raise _not_readable(field, "VALUE_STRING", value)


_JSON_WORDS = {"str": "VALUE_STRING", "bool": "VALUE_TRUE", "int": "VALUE_NUMBER_INT", "dict": "START_OBJECT"}


def _not_readable(field: StoredField, seen: str, value: Any) -> Refused:
    message = (
        f"Cannot deserialize instance of {field.type} from {seen} value {value} or request may be missing"
    )
    return Refused(400, "JSON_PARSER_ERROR", f"{message} a required field")


def _is_time(kind: str, text: str) -> bool:
    try:
        if kind == "date":
            date.fromisoformat(text)
            return len(text) == 10
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


def _compose(target: StoredObject, record: Record) -> None:
    if "lastname" in target.fields and "name" in target.fields:
        names = [record.get("FirstName"), record.get("LastName")]
        record["Name"] = " ".join(name for name in names if name)
    if "bodylength" in target.fields and record.get("Body"):
        record["BodyLength"] = len(record["Body"]) * 3 // 4


def _expanded(query: Query) -> Iterator[str]:
    for name in query.fields:
        if name.startswith("FIELDS("):
            custom = {"FIELDS(CUSTOM)": (True,), "FIELDS(STANDARD)": (False,)}.get(name, (True, False))
            yield from (
                one.name for one in query.target.fields.values() if one.name.endswith("__c") in custom
            )
        else:
            yield name


def _at(record: Record, name: str) -> Any:
    value: Any = record
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _sort_key(value: Any) -> tuple[bool, Any]:
    found = comparable(value)
    return (found is not None, "" if found is None else found)


def _empty(values: Mapping[str, Any], name: str) -> bool:
    return next((value for key, value in values.items() if key.lower() == name.lower()), None) in (None, "")


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"
