"""The kinds of node. To add one: write a module, add a line."""

from collections.abc import Mapping

from lockhouse.flows.building import CompileNode
from lockhouse.flows.nodes import action, batch, branch, for_each, log, parse, response, set_variable

NODES: Mapping[str, CompileNode] = {
    "batch-retrieve-action": batch.compile_batch,
    "create-action": action.compile_create,
    "custom-action": action.compile_custom,
    "delete-action": action.compile_delete,
    "for-each": for_each.compile_for_each,
    "if": branch.compile_if,
    "logging": log.compile_log,
    "parse": parse.compile_parse,
    "response": response.compile_response,
    "retrieve-action": action.compile_retrieve,
    "set-variable": set_variable.compile_set_variable,
    "update-action": action.compile_update,
    "upsert-action": action.compile_upsert,
}
"""Every kind of node that can be run."""

NOT_SUPPORTED: Mapping[str, str] = {
    "notification": "notifications",
    "situation-detector": "situation detectors",
    "callable-flow": "callable flows",
    "callable-flow-action": "callable flows",
    "invoke-flow": "callable flows",
}
"""Kinds that App Connect has and Lockhouse does not run, and what a message calls them (spelling guessed)."""
