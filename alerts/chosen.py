"""What a command works with: settings, hazards, camera and view, as the words of the command line choose them."""

from collections.abc import Sequence
from pathlib import Path

from alerts.audit.on_ray import OnRay
from alerts.config import Settings, load_settings
from alerts.errors import SettingsError
from vision.config import CameraConfig
from vision.hazards import RULES
from vision.view import View, view_of, whole_view
from vision.zones import ZoneType

DEFAULT_FILE = Path("xinan.toml")


def chosen_file(config: Path | None) -> Path | None:
    """The settings file that counts: this one, else ./xinan.toml if it is there."""
    return config or (DEFAULT_FILE if DEFAULT_FILE.is_file() else None)


def chosen_settings(config: Path | None, overrides: Sequence[str] | None, hazards: str | None = None) -> Settings:
    """From this file, else ./xinan.toml, else the defaults. hazards: only these (comma-separated); None: as configured.

    Raises SettingsError.
    """
    settings = load_settings(chosen_file(config), overrides or ())
    if hazards is None:
        return settings
    chosen = {name.strip() for name in hazards.split(",") if name.strip()}
    if unknown := chosen - set(RULES):
        raise SettingsError(f"--hazards: unknown {', '.join(sorted(unknown))}; allowed: {', '.join(sorted(RULES))}")
    if not chosen:
        raise SettingsError(f"--hazards: name at least one of {', '.join(sorted(RULES))}")
    return settings.model_copy(update={"hazards": settings.hazards.only(chosen)})


def chosen_view(settings: Settings, zone_type: str | None, name: str | None) -> View:
    """Of the camera of this name, or of the only one; without a camera a corridor.

    With a type, the whole picture is one zone of it; the masks of the only camera hold all the same.
    Raises SettingsError, and ConfigError when the camera's approved picture cannot be read.
    """
    kind = _chosen_type(zone_type, name)
    if kind is None and (settings.cameras or name is not None):
        return view_of(chosen_camera(settings, name))
    return whole_view(kind or ZoneType.CORRIDOR, settings.cameras[0].masks if len(settings.cameras) == 1 else ())


def given_view(settings: Settings, zone_type: str | None, name: str | None) -> View | None:
    """What an audit takes for recordings of cameras that the settings do not name: the whole picture as a zone of this
    type; None: the view of the camera of this name, else what is usual. Raises SettingsError.
    """
    kind = _chosen_type(zone_type, name)
    if name is not None:
        chosen_camera(settings, name)
    return None if kind is None else chosen_view(settings, kind, None)


def _chosen_type(zone_type: str | None, name: str | None) -> ZoneType | None:
    allowed = [kind.value for kind in ZoneType]
    if zone_type is not None and zone_type not in allowed:
        raise SettingsError(f"--zone: unknown type {zone_type}; allowed: {', '.join(allowed)}")
    if zone_type is not None and name is not None:
        raise SettingsError("--zone and --camera: name one of the two")
    return None if zone_type is None else ZoneType(zone_type)


def chosen_cluster(ray: str | None, near: Sequence[str]) -> OnRay | None:
    """The cluster of this address. near: `DIR=MACHINE`. Raises SettingsError."""
    if ray is None:
        if near:
            raise SettingsError("--near: goes with --ray")
        return None
    told: dict[Path, str] = {}
    for one in near:
        folder, sign, machine = one.rpartition("=")
        if not (folder and sign and machine):
            raise SettingsError(f"--near {one}: should be DIR=MACHINE")
        told[Path(folder)] = machine
    return OnRay(ray, told)


def chosen_camera(settings: Settings, name: str | None) -> CameraConfig:
    """The camera of this name; None: the only one. Raises SettingsError, naming those that there are."""
    names = ", ".join(camera.name for camera in settings.cameras) or "none"
    if name is None and len(settings.cameras) == 1:
        return settings.cameras[0]
    if name is None:
        raise SettingsError(f"the settings name several cameras: {names}; say which with --camera NAME, or --zone TYPE")
    found = next((camera for camera in settings.cameras if camera.name == name), None)
    if found is None:
        raise SettingsError(f"--camera: no camera {name}; the settings name {names}")
    return found
