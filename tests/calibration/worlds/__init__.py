"""Every world, found by looking: a module of this folder lists its own in ``WORLDS``."""

from __future__ import annotations

from importlib import import_module
from pkgutil import iter_modules

from tests.calibration.worlds.world import World


def every_world() -> list[World]:
    """All worlds, in the order of the modules' names."""
    modules = (import_module(f"{__name__}.{m.name}") for m in iter_modules(__path__))
    return [world for module in modules for world in getattr(module, "WORLDS", ())]
