"""The only reader of YAML and of strangers' JSON: bounded, strict, and it knows line and column."""

from lockhouse.documents.json_reader import read_json
from lockhouse.documents.model import Document, Limits, Path, dotted
from lockhouse.documents.yaml_reader import examine_yaml, read_yaml

__all__ = ["Document", "Limits", "Path", "dotted", "examine_yaml", "read_json", "read_yaml"]
