"""The only module that talks to Blender (`bpy`, the extra `synth`): parts become meshes, looks become materials."""

from __future__ import annotations

import errno
import importlib
import os
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from models.synth.camera import Camera
from models.synth.look import Lamp, Look, Thing
from models.synth.mesh import Points
from models.synth.world import SynthError

Image = NDArray[np.float32]
"""(H, W, 3) float32, linear RGB."""


def blender() -> Any:
    """The `bpy` module, or a SynthError that says how to get it."""
    try:
        return importlib.import_module("bpy")
    except ImportError as error:
        raise SynthError(
            "rendering needs Blender as a Python module: pip install 'xinan[synth]' in an environment of its own"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Blender prints progress and driver notes to file descriptors 1 and 2; send them to the void."""
    sys.stdout.flush()
    sys.stderr.flush()
    keep, void = (os.dup(1), os.dup(2)), os.open(os.devnull, os.O_WRONLY)
    os.dup2(void, 1)
    os.dup2(void, 2)
    try:
        yield
    finally:
        sys.stdout.flush()
        for number, old in zip((1, 2), keep, strict=True):
            os.dup2(old, number)
            os.close(old)
        os.close(void)


Crop = tuple[int, int, int, int]
"""x1, y1, x2, y2 in pixels, exclusive end."""
FAR_M = 1e3


INFRARED_W = 40.0


def infrared_lamp(camera: Camera) -> Lamp:
    """The infrared lamp beside a camera's lens, which shines where the camera looks."""
    x, y, z = (float(v) for v in camera.at + 0.05 * camera.down)
    ahead = (float(camera.forward[0]), float(camera.forward[1]), float(camera.forward[2]))
    return Lamp((x, y, z), (0.08, 0.08), INFRARED_W, (1.0, 1.0, 1.0), ahead)


@dataclass(frozen=True, slots=True)
class Shot:
    """One rendering: linear light (H, W, 3), number of the thing that each pixel shows (H, W; -1 for nothing; see
    `Stage.names`), distance from the lens (H, W) in metres (`FAR_M` for the sky)."""

    light: Image
    index: NDArray[np.int16]
    distance: NDArray[np.float32]


@dataclass
class Stage:
    """One Blender scene with one camera; `threads` 0 = all cores.

    Only one stage can live at a time (Blender has one main database).
    """

    camera: Camera
    samples: int = 6
    threads: int = 0
    _objects: dict[str, Any] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _numbers: dict[str, int] = field(default_factory=dict)
    _lamps: list[Any] = field(default_factory=list)
    _materials: dict[int, Any] = field(default_factory=dict)
    _looks: list[Look] = field(default_factory=list)
    _alpha: NDArray[np.float32] = field(default_factory=lambda: np.zeros((0, 0), np.float32))

    def __post_init__(self) -> None:
        self.bpy = blender()
        with _quiet():
            self.bpy.ops.wm.read_factory_settings(use_empty=True)
            self._settings()
        self._camera()

    # -- settings --------------------------------------------------------------------------------------------

    def _settings(self) -> None:
        scene = self.bpy.context.scene
        scene.render.engine = "CYCLES"
        cycles = scene.cycles
        cycles.device, cycles.samples, cycles.use_adaptive_sampling = "CPU", self.samples, False
        cycles.use_denoising, cycles.denoiser = True, "OPENIMAGEDENOISE"
        cycles.denoising_prefilter, cycles.denoising_quality = "FAST", "FAST"
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 3, 2
        cycles.transmission_bounces, cycles.sample_clamp_indirect, cycles.blur_glossy = 2, 3.0, 1.0
        cycles.caustics_reflective = cycles.caustics_refractive = False
        render = scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = (
            self.camera.width,
            self.camera.height,
            100,
        )
        layer = scene.view_layers[0]
        layer.use_pass_z = layer.use_pass_object_index = True
        output = render.image_settings
        if hasattr(output, "media_type"):  # from Blender 5
            output.media_type = "MULTI_LAYER_IMAGE"
        output.file_format, output.color_depth, output.exr_codec = "OPEN_EXR_MULTILAYER", "32", "NONE"
        if self.threads:
            render.threads_mode, render.threads = "FIXED", self.threads
        render.use_persistent_data = True
        scene.view_settings.view_transform = "Raw"
        scene.world = self.bpy.data.worlds.new("world")
        scene.world.use_nodes = True
        self.set_sky((0.75, 0.85, 1.0), 0.03)

    def set_sky(self, colour: tuple[float, float, float], strength: float) -> None:
        """Uniform light from everywhere (what seeps in from outside): linear RGB times `strength`."""
        node = self.bpy.context.scene.world.node_tree.nodes["Background"]
        node.inputs["Color"].default_value = (*colour, 1.0)
        node.inputs["Strength"].default_value = strength

    def darken(self) -> None:
        """Switch everything off: lamps, the sky, and surfaces that shine by themselves."""
        self.light([])
        self.set_sky((0.0, 0.0, 0.0), 0.0)
        for material in self.bpy.data.materials:
            material.node_tree.nodes["Principled BSDF"].inputs["Emission Strength"].default_value = 0.0

    def _camera(self) -> None:
        scene, data = self.bpy.context.scene, self.bpy.data.cameras.new("camera")
        data.sensor_fit, data.sensor_width, data.lens = (
            "HORIZONTAL",
            36.0,
            36.0 * self.camera.focal_px / self.camera.width,
        )
        data.clip_start = 0.02
        eye = self.bpy.data.objects.new("camera", data)
        matrix = np.eye(4)
        matrix[:3, 0], matrix[:3, 1], matrix[:3, 2] = self.camera.right, -self.camera.down, -self.camera.forward
        matrix[:3, 3] = self.camera.at
        eye.matrix_world = matrix.T.tolist()  # Blender reads nested lists column by column
        scene.collection.objects.link(eye)
        scene.camera = eye

    # -- materials -------------------------------------------------------------------------------------------

    def _material(self, look: Look) -> Any:
        if id(look) not in self._materials:
            self._looks.append(look)  # keeps the id alive
            self._materials[id(look)] = self._new_material(look)
        return self._materials[id(look)]

    def _new_material(self, look: Look) -> Any:
        material = self.bpy.data.materials.new("look")
        material.use_nodes = True
        tree = material.node_tree
        shader = tree.nodes["Principled BSDF"]
        shader.inputs["Base Color"].default_value = (*look.colour, 1.0)
        shader.inputs["Roughness"].default_value = look.rough
        shader.inputs["Metallic"].default_value = look.metal
        shader.inputs["Coat Weight"].default_value = look.coat
        if look.emit:
            shader.inputs["Emission Color"].default_value = (*look.colour, 1.0)
            shader.inputs["Emission Strength"].default_value = look.emit
            material.cycles.emission_sampling = "NONE"
        if look.picture is not None:
            tree.links.new(self._picture(tree, look), shader.inputs["Base Color"])
            if look.emit:
                tree.links.new(self._picture(tree, look), shader.inputs["Emission Color"])
        elif look.pattern:
            self._pattern(tree, shader, look)
        return material

    def _picture(self, tree: Any, look: Look) -> Any:
        assert look.picture is not None
        rgb = look.picture[::-1].astype(np.float32) / 255
        height, width = rgb.shape[:2]
        image = self.bpy.data.images.new("picture", width, height)
        image.pixels.foreach_set(np.dstack([rgb, np.ones((height, width), np.float32)]).ravel())
        image.pack()
        node = tree.nodes.new("ShaderNodeTexImage")
        node.image = image
        return node.outputs["Color"]

    def _pattern(self, tree: Any, shader: Any, look: Look) -> None:
        """Tiles, plaster or concrete from world-like object coordinates, with stains."""
        where = tree.nodes.new("ShaderNodeTexCoord").outputs["Object"]
        stains = tree.nodes.new("ShaderNodeTexNoise")
        stains.inputs["Scale"].default_value = 1.7 if look.pattern != "concrete" else 3.0
        stains.inputs["Detail"].default_value = 6.0
        stains.inputs["Roughness"].default_value = 0.65
        tree.links.new(where, stains.inputs["Vector"])
        mix = tree.nodes.new("ShaderNodeMix")
        mix.data_type, mix.blend_type = "RGBA", "MULTIPLY"
        mix.inputs["Factor"].default_value = {"tile": 0.45, "plaster": 0.3, "concrete": 0.75}[look.pattern]
        for socket in mix.inputs:
            if socket.name == "A" and socket.type == "RGBA":
                socket.default_value = (*look.colour, 1.0)
        colour_in = [s for s in mix.inputs if s.type == "RGBA"]
        ramp = tree.nodes.new("ShaderNodeValToRGB")
        ramp.color_ramp.elements[0].position, ramp.color_ramp.elements[1].position = 0.3, 0.62
        ramp.color_ramp.elements[0].color = (0.35, 0.33, 0.3, 1)
        tree.links.new(stains.outputs["Fac"], ramp.inputs["Fac"])
        tree.links.new(ramp.outputs["Color"], colour_in[1])
        out = next(s for s in mix.outputs if s.type == "RGBA")
        if look.pattern == "tile":
            tree.links.new(self._tiles(tree, where, look), colour_in[0])
        tree.links.new(out, shader.inputs["Base Color"])

    def _tiles(self, tree: Any, where: Any, look: Look) -> Any:
        tiles = tree.nodes.new("ShaderNodeTexBrick")
        tiles.offset, tiles.squash = 0.0, 1.0
        c = np.array(look.colour)
        for name, factor in (("Color1", 1.0), ("Color2", 0.9), ("Mortar", 0.35)):
            tiles.inputs[name].default_value = (*(c * factor), 1.0)
        tiles.inputs["Scale"].default_value = 1.0
        tiles.inputs["Mortar Size"].default_value = 0.006
        tiles.inputs["Brick Width"].default_value = look.cell_m
        tiles.inputs["Row Height"].default_value = look.cell_m
        tree.links.new(where, tiles.inputs["Vector"])
        return tiles.outputs["Color"]

    # -- things and lamps ------------------------------------------------------------------------------------

    def put(self, things: Sequence[Thing]) -> None:
        """Add things; a thing with a name already on stage replaces that one."""
        for item in things:
            self.take(item.name)
            self._objects[item.name] = self._object(item)
            self._kinds[item.name] = item.kind
            number = self._numbers.setdefault(item.name, len(self._numbers))
            self._objects[item.name].pass_index = number + 1

    def take(self, name: str) -> None:
        """Remove a thing by name, if it is there."""
        old = self._objects.pop(name, None)
        if old is not None:
            data = old.data
            self.bpy.data.objects.remove(old)
            self.bpy.data.meshes.remove(data)

    def _object(self, item: Thing) -> Any:
        vertices: list[Points] = []
        faces: list[tuple[int, ...]] = []
        slots: list[int] = []
        smooth: list[bool] = []
        uvs: list[float] = []
        start = 0
        mesh = self.bpy.data.meshes.new(item.name)
        for slot, part in enumerate(item.parts):
            mesh.materials.append(self._material(part.look))
            vertices.append(part.mesh.vertices)
            for face in part.mesh.faces:
                faces.append(tuple(i + start for i in face))
                slots.append(slot)
                smooth.append(part.smooth and len(face) <= 4)
                corners = (0.0, 0.0, 1.0, 0.0, 1.0, 1.0, 0.0, 1.0)
                uvs.extend(corners if len(face) == 4 else corners[:2] * len(face))
            start += len(part.mesh.vertices)
        mesh.from_pydata(np.concatenate(vertices).tolist(), [], faces)
        mesh.polygons.foreach_set("material_index", slots)
        mesh.polygons.foreach_set("use_smooth", smooth)
        mesh.uv_layers.new(name="uv").data.foreach_set("uv", uvs)
        mesh.update()
        thing_object = self.bpy.data.objects.new(item.name, mesh)
        thing_object.matrix_world = item.place.T.tolist()
        self.bpy.context.scene.collection.objects.link(thing_object)
        return thing_object

    def light(self, lamps: Sequence[Lamp]) -> None:
        """Replace all lamps."""
        for old in self._lamps:
            data = old.data
            self.bpy.data.objects.remove(old)
            self.bpy.data.lights.remove(data)
        self._lamps = [self._lamp(lamp) for lamp in lamps]

    def _lamp(self, lamp: Lamp) -> Any:
        from_math = importlib.import_module("mathutils")
        ball = lamp.size[1] == 0
        data = self.bpy.data.lights.new("lamp", "POINT" if ball else "AREA")
        if ball:
            data.shadow_soft_size = lamp.size[0]
        else:
            data.shape, data.size, data.size_y = "RECTANGLE", *lamp.size
        data.energy, data.color = lamp.watts, lamp.colour
        lamp_object = self.bpy.data.objects.new("lamp", data)
        lamp_object.location = lamp.at
        lamp_object.visible_camera = False
        lamp_object.rotation_euler = from_math.Vector(lamp.aim).to_track_quat("-Z", "Y").to_euler()
        self.bpy.context.scene.collection.objects.link(lamp_object)
        return lamp_object

    # -- pictures --------------------------------------------------------------------------------------------

    def render(self, crop: Crop | None = None, seed: int = 0) -> Image:
        """The light alone, (H, W, 3) linear RGB: see `look`."""
        return self.look(crop, seed).light

    def look(self, crop: Crop | None = None, seed: int = 0, samples: int = 0) -> Shot:
        """One rendering; with `crop` (x1, y1, x2, y2 pixels) only that window is rendered and returned.

        `samples` 0: as many as the stage was made with.
        """
        scene = self.bpy.context.scene
        scene.cycles.seed, scene.cycles.samples = seed, samples or self.samples
        width, height = self.camera.width, self.camera.height
        scene.render.use_border = scene.render.use_crop_to_border = crop is not None
        if crop is not None:
            x1, y1, x2, y2 = crop
            scene.render.border_min_x, scene.render.border_max_x = x1 / width, x2 / width
            scene.render.border_min_y, scene.render.border_max_y = 1 - y2 / height, 1 - y1 / height
        with tempfile.TemporaryDirectory() as folder:
            target = Path(folder) / "out.exr"
            scene.render.filepath = str(target)
            with _quiet():
                self.bpy.ops.render.render(write_still=True)
            return self._read(target, crop)

    def catch_shadows(self, name: str) -> None:
        """Make a thing invisible but for the shadows that fall on it, and the sky clear."""
        self._objects[name].is_shadow_catcher = True
        self.bpy.context.scene.render.film_transparent = True

    def cut_out(self, seed: int = 0) -> tuple[Shot, NDArray[np.float32]]:
        """A rendering on clear ground: its shot (light is premultiplied) and how far it covers (H, W) 0–1."""
        shot = self.look(seed=seed)
        return shot, self._alpha

    def _read(self, path: Path, crop: Crop | None) -> Shot:
        """The three passes of a written file: light, thing numbers (first sample of each pixel), depths."""
        exr = importlib.import_module("OpenEXR")
        try:
            parts = exr.File(str(path)).parts
        except RuntimeError as error:  # Blender does not say when it could not write
            raise OSError(errno.ENOSPC, "the rendering could not be written", tempfile.gettempdir()) from error
        passes = {channel.split(".")[1]: layer.pixels for part in parts for channel, layer in part.channels.items()}
        self._alpha = np.ascontiguousarray(passes["Combined"][..., 3], np.float32)
        rays = self.camera.rays()
        if crop is not None:
            rays = rays[crop[1] : crop[3], crop[0] : crop[2]]
        along = (rays @ self.camera.forward).astype(np.float32)
        light = np.ascontiguousarray(passes["Combined"][..., :3], np.float32)
        index = np.asarray(passes["Object Index"], np.float32).round().astype(np.int16) - 1
        distance = np.minimum(np.asarray(passes["Depth"], np.float32) / along, FAR_M)
        return Shot(light, np.asarray(index, np.int16), np.asarray(distance, np.float32))

    @property
    def names(self) -> list[str]:
        """Name of each thing number of a `Shot`, whether it is still on stage or not."""
        return list(self._numbers)

    def kind(self, name: str) -> str:
        """Label class of a thing that is or was on stage."""
        return self._kinds[name]
