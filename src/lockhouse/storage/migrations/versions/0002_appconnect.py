"""App Connect instances, connector accounts, audit."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

METADATA = sa.MetaData()


def _audit_table(name: str) -> sa.Table:
    number = sa.BigInteger().with_variant(sa.Integer, "sqlite")
    return sa.Table(
        name,
        METADATA,
        sa.Column("number", number, primary_key=True, autoincrement=True),
        sa.Column("at", sa.BigInteger, nullable=False),
        *(sa.Column(column, sa.Text, nullable=False) for column in _AUDIT_TEXTS),
        sa.Index(f"{name}_of_account", "account_id", "number"),
    )


_AUDIT_TEXTS = (
    "account_id",
    "action",
    "outcome",
    "actor",
    "target",
    "params_json",
    "message",
    "address",
    "agent",
    "trace",
)

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

AUDIT = _audit_table("appconnect_audit")


def upgrade() -> None:
    """Make the tables of the first release."""
    METADATA.create_all(op.get_bind())
