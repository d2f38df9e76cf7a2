"""The audit record of a room: its shape, and the one function that writes it inside the change's own
transaction.

Each room has a table of its own; the columns are those of IAM's, so that one list can be made of all.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlalchemy as sa

from lockhouse.storage.terms import Tx


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """Who did what to what. `action` is Activity-Tracker-like: `appconnect.account.create`.

    `params` are ids, names and what changed, never a secret; `address` is the caller's, `trace` the
    request's.
    """

    action: str
    account_id: str
    actor: str
    target: str
    trace: str = ""
    address: str = ""
    agent: str = ""
    outcome: str = "success"
    message: str = ""
    params: Mapping[str, str] = field(default_factory=dict)


def audit_table(name: str, metadata: sa.MetaData) -> sa.Table:
    """The audit table of a room."""
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Table(
        name,
        metadata,
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        sa.Column("account_id", sa.Text, nullable=False),
        sa.Column("action", sa.Text, nullable=False),
        sa.Column("outcome", sa.Text, nullable=False),
        sa.Column("actor", sa.Text, nullable=False),
        sa.Column("target", sa.Text, nullable=False),
        sa.Column("params_json", sa.Text, nullable=False),
        sa.Column("message", sa.Text, nullable=False),
        sa.Column("address", sa.Text, nullable=False),
        sa.Column("agent", sa.Text, nullable=False),
        sa.Column("trace", sa.Text, nullable=False),
        sa.Index(f"{name}_of_account", "account_id", "number"),
    )


def record(tx: Tx, table: sa.Table, event: AuditEvent, now: int) -> None:
    """Write one event (`now` in Unix milliseconds) in the change's own transaction: no change without its
    record."""
    tx.execute(
        table.insert(),
        {
            "at": now,
            "account_id": event.account_id,
            "action": event.action,
            "outcome": event.outcome,
            "actor": event.actor,
            "target": event.target,
            "params_json": json.dumps(dict(event.params)),
            "message": event.message,
            "address": event.address,
            "agent": event.agent,
            "trace": event.trace,
        },
    )
