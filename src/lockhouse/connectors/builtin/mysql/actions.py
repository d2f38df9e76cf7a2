"""The actions on tables of MySQL and MariaDB."""

from lockhouse.connectors.sql.actions import TableActions

_tables = TableActions("mysql")

create = _tables.create
retrieve = _tables.retrieve
update = _tables.update
delete = _tables.delete
upsert = _tables.upsert
execute_custom_sql = _tables.execute_custom_sql
check = _tables.check
