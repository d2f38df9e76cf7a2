"""Server-rendered pages; a client like any other."""
