"""How an event flow starts: one file for each way in which an event is delivered (flow-document.md, section
2)."""
