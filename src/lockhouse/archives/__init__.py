"""The only reader and writer of zip archives: everything is judged before any byte is inflated.

CPython's zipfile is not trusted with strangers' archives: it opens overlapping entries (CVE-2024-0450),
duplicate names, links, prefixes and wrong counts without a word. Here an archive is accepted only when there
is one way to read it: the entries and the central directory lie end to end from the first byte to the last
and agree in every field (PKWARE APPNOTE 6.3.10, without ZIP64, encryption, several disks and comments).
"""

from lockhouse.archives.judge import Entry, Limits, judged_entries
from lockhouse.archives.names import complaint_of, shown
from lockhouse.archives.read import inflate_entries, read_zip
from lockhouse.archives.write import write_zip

__all__ = [
    "Entry",
    "Limits",
    "complaint_of",
    "inflate_entries",
    "judged_entries",
    "read_zip",
    "shown",
    "write_zip",
]
