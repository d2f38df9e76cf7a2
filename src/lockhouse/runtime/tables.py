"""The runtime's tables. Moments are Unix milliseconds."""

import sqlalchemy as sa

from lockhouse.storage.audit import audit_table

METADATA = sa.MetaData()

BARS = sa.Table(
    "runtime_bars",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
)

BAR_CONTENTS = sa.Table(
    # A server keeps running what it was deployed with, whatever is stored under the name later: so contents
    # lie here by digest, for as long as a name or a server refers to them.
    "runtime_bar_contents",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("digest", sa.Text, primary_key=True),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("flows", sa.Text, nullable=False),
    sa.Column("content", sa.LargeBinary, nullable=False),
)

CONFIGURATIONS = sa.Table(
    "runtime_configurations",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("name", sa.Text, primary_key=True),
    sa.Column("type", sa.Text, nullable=False),
    sa.Column("description", sa.Text, nullable=False),
    sa.Column("sealed", sa.Text, nullable=False),
    sa.Column("size", sa.Integer, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
)

CONFIGURATION_KEYS = sa.Table(
    "runtime_configuration_keys",
    METADATA,
    sa.Column("account_id", sa.Text, primary_key=True),
    sa.Column("configuration", sa.Text, primary_key=True),
    sa.Column("resource", sa.Text, primary_key=True),
    sa.Column("fingerprint", sa.Text, nullable=False),
    sa.Column("apikey_id", sa.Text, nullable=False),
    sa.Column("key_name", sa.Text, nullable=False),
    sa.Index("runtime_configuration_keys_fingerprint", "account_id", "fingerprint"),
    sa.Index("runtime_configuration_keys_apikey", "account_id", "apikey_id"),
)

SERVERS = sa.Table(
    "runtime_servers",
    METADATA,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("spec", sa.Text, nullable=False),
    sa.Column("plan", sa.Text, nullable=False),
    sa.Column("revision", sa.BigInteger, nullable=False),
    sa.Column("created_at", sa.BigInteger, nullable=False),
    sa.Column("modified_at", sa.BigInteger, nullable=False),
    sa.UniqueConstraint("account_id", "name", name="runtime_servers_name"),
)

SERVER_BARS = sa.Table(
    "runtime_server_bars",
    METADATA,
    sa.Column("server_id", sa.ForeignKey("runtime_servers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Column("digest", sa.Text, nullable=False),
    sa.Index("runtime_server_bars_name", "account_id", "name"),
    sa.Index("runtime_server_bars_digest", "account_id", "digest"),
)

SERVER_CONFIGURATIONS = sa.Table(
    "runtime_server_configurations",
    METADATA,
    sa.Column("server_id", sa.ForeignKey("runtime_servers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("position", sa.Integer, primary_key=True),
    sa.Column("account_id", sa.Text, nullable=False),
    sa.Column("name", sa.Text, nullable=False),
    sa.Index("runtime_server_configurations_name", "account_id", "name"),
)

REPORTS = sa.Table(
    # What the supervisor (`process`) and the server itself (`server`) said last.
    "runtime_reports",
    METADATA,
    sa.Column("server_id", sa.ForeignKey("runtime_servers.id", ondelete="CASCADE"), primary_key=True),
    sa.Column("reporter", sa.Text, primary_key=True),
    sa.Column("incarnation", sa.BigInteger, nullable=False),
    sa.Column("report", sa.Text, nullable=False),
    sa.Column("reported_at", sa.BigInteger, nullable=False),
)

GENERATION = sa.Table(
    # One row that counts every change of what should run: the supervisor looks here first.
    "runtime_generation",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("value", sa.BigInteger, nullable=False),
)

LEASE = sa.Table(
    # One row: the `up` that runs the servers, and its beat.
    "runtime_lease",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("holder", sa.Text, nullable=False),
    sa.Column("beat", sa.BigInteger, nullable=False),
)

AUDIT = audit_table("runtime_audit", METADATA)
