"""The server's HTTP side: API flows at `/<flow>/<operation's path>`, and how it is (`/readyz`, `/healthz`).
Plain ASGI."""
