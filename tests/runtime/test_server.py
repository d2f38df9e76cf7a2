"""The process of an integration server."""

import subprocess
import sys


def test_a_server_process_carries_no_database_no_web_framework_and_no_templates() -> None:
    program = (
        "import sys, lockhouse.runtime.server, lockhouse.runtime.alone\n"
        "heavy = {'sqlalchemy', 'litestar', 'jinja2', 'alembic', 'typer', 'psycopg'}\n"
        "print(sorted(heavy & {name.partition('.')[0] for name in sys.modules}))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
