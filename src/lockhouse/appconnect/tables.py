"""The tables of App Connect instances. Moments are Unix milliseconds; credentials are sealed."""

import sqlalchemy as sa

from lockhouse.storage.audit import audit_table

METADATA = sa.MetaData()

INSTANCES = sa.Table(
    "appconnect_instances",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Index("appconnect_instances_of_account", "account_id"),
)

ACCOUNTS = sa.Table(
    # The id stays when an account is renamed: sealed credentials are bound to it.
    "appconnect_accounts",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("instance_id", sa.Text, sa.ForeignKey("appconnect_instances.id"), nullable=False),
    sa.Column("connector", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("auth_type", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("shown_json", sa.Text, nullable=False),
    sa.Column("state", sa.Text, nullable=False),
    sa.Column("reason", sa.Text, nullable=False),
    sa.Column("failed_at", sa.BigInteger),
    sa.Column("version", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("instance_id", "connector", "name", name="appconnect_accounts_name"),
)

AUDIT = audit_table("appconnect_audit", METADATA)
