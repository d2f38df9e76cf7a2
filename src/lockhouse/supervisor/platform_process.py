"""The platform process as the supervisor's child: `lockhouse.app` with a lifeline."""

import sys

from lockhouse.runtime.lifeline import follow_lifeline
from lockhouse.settings import read_settings


def main() -> None:
    """Serve until SIGTERM, or until the supervisor is gone."""
    follow_lifeline(sys.stdin, lambda _: None)
    from lockhouse.app import serve

    serve(read_settings())


if __name__ == "__main__":
    main()
