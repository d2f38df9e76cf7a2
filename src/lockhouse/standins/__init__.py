"""Stand-ins for vendors' APIs, to try a flow without the vendor: they refuse what the vendor would refuse."""
