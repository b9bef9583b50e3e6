"""Formats of JSON Schema that a pattern can tell, as RE2 patterns for the whole value.

Where a form's grammar is wider than any pattern that people can read, the pattern takes what
everybody writes: an address has one ``@`` and a dot behind it.
"""

from __future__ import annotations

from assay.core.profile import FORMATS as FOUND

_OCTET = "(25[0-5]|2[0-4][0-9]|1?[0-9]?[0-9])"
_LABEL = "[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"

FORMATS = {
    "uuid": FOUND["uuid"],
    "email": FOUND["email"],
    "ipv4": rf"{_OCTET}(\.{_OCTET}){{3}}",
    "hostname": rf"{_LABEL}(\.{_LABEL})*\.?",
    "uri": r"[A-Za-z][A-Za-z0-9+.-]*:\S+",
}
"""Names of formats, and their patterns."""
