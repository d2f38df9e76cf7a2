"""HTTP: any request that a flow spells out."""
