"""The connectors that come with the product: a folder each."""
