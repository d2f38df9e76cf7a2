"""NNNN_what.py, oldest first; the number is the revision id."""
