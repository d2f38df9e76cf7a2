"""SQL of what is reported about servers. Every function stands inside a transaction of its caller."""

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from lockhouse.runtime.model import Reports
from lockhouse.runtime.tables import REPORTS
from lockhouse.storage import Tx
from lockhouse.wire.supervision import ProcessReport, ServerReport

_REPORTS = sa.select(REPORTS.c.reporter, REPORTS.c.report, REPORTS.c.reported_at).where(
    REPORTS.c.server_id == bindparam("i")
)
_REPORT = sa.select(REPORTS.c.incarnation).where(
    REPORTS.c.server_id == bindparam("i"), REPORTS.c.reporter == bindparam("r")
)
_PORTS = sa.select(REPORTS.c.server_id, REPORTS.c.report).where(REPORTS.c.reporter == "process")
_CHANGE_REPORT = (
    sa.update(REPORTS)
    .where(REPORTS.c.server_id == bindparam("i"), REPORTS.c.reporter == bindparam("r"))
    .values(
        incarnation=bindparam("incarnation"), report=bindparam("report"), reported_at=bindparam("reported_at")
    )
)
_DELETE_REPORTS = sa.delete(REPORTS).where(REPORTS.c.server_id == bindparam("i"))


def reports(tx: Tx, server_id: str) -> Reports:
    """What was said of a server last."""
    rows = {row.reporter: row for row in tx.execute(_REPORTS, {"i": server_id})}
    process, own = rows.get("process"), rows.get("server")
    return Reports(
        process=msgspec.json.decode(process.report, type=ProcessReport) if process else None,
        process_at=process.reported_at if process else 0,
        server=msgspec.json.decode(own.report, type=ServerReport) if own else None,
        server_at=own.reported_at if own else 0,
    )


def put_report(tx: Tx, server_id: str, report: ProcessReport | ServerReport, *, now: int) -> None:
    """Keep a report, unless a later process of the server has reported already."""
    reporter = "process" if isinstance(report, ProcessReport) else "server"
    known = tx.execute(_REPORT, {"i": server_id, "r": reporter}).scalar()
    values = {
        "incarnation": report.incarnation,
        "report": msgspec.json.encode(report).decode(),
        "reported_at": now,
    }
    if known is None:
        tx.execute(REPORTS.insert(), values | {"server_id": server_id, "reporter": reporter})
    elif known <= report.incarnation:
        tx.execute(_CHANGE_REPORT, values | {"i": server_id, "r": reporter})


def ports(tx: Tx) -> dict[str, int]:
    """Server id → the port it had last."""
    rows = tx.execute(_PORTS)
    return {row.server_id: msgspec.json.decode(row.report, type=ProcessReport).port for row in rows}


def delete_reports(tx: Tx, server_id: str) -> None:
    """Forget what was said of a server."""
    tx.execute(_DELETE_REPORTS, {"i": server_id})
