"""Scorers that ask a judge: prompts of our own, and how the replies are read. Files are found."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

for _module in iter_modules(__path__):
    import_module(f"{__name__}.{_module.name}")
