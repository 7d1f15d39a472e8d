"""What can go wrong in `vision`.

VisionError
├── ModelError      a weight file that is missing, tampered with, or of a form this version does not read
├── EngineError     an engine that is not installed or does not start; stays inside `vision.backends`
└── ConfigError     a setting that does not fit; the message names the key and the allowed values
"""


class VisionError(Exception):
    """Base of everything that `vision` raises on purpose."""


class ModelError(VisionError):
    """The detector's weights cannot be used."""


class EngineError(VisionError):
    """A network cannot be run on this engine."""


class ConfigError(VisionError):
    """A setting does not fit."""
