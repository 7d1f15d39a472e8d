"""One file per hazard. A module here that defines `RULE` adds a hazard; nothing else has to be told of it."""

import importlib
import pkgutil
from collections.abc import Mapping

from vision.rule import HazardRule


def _find() -> dict[str, type[HazardRule]]:
    modules = (importlib.import_module(f"{__name__}.{info.name}") for info in pkgutil.iter_modules(__path__))
    rules: list[type[HazardRule]] = [module.RULE for module in modules if hasattr(module, "RULE")]
    return {rule.kind: rule for rule in sorted(rules, key=lambda rule: rule.kind)}


RULES: Mapping[str, type[HazardRule]] = _find()
"""Every hazard by its name. A module that does not import is an error, never a hazard less."""

ON: tuple[str, ...] = tuple(kind for kind, rule in RULES.items() if rule.params_type().enabled)
"""The hazards that are looked for unless the settings say otherwise."""
