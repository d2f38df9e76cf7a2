"""The runtime: which `up` runs the servers."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"

METADATA = sa.MetaData()

LEASE = sa.Table(
    "runtime_lease",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
)


def upgrade() -> None:
    """Make the table, with a lease that nobody holds."""
    METADATA.create_all(op.get_bind())
    op.get_bind().execute(LEASE.insert(), {"id": 1, "holder": "", "beat": 0})
