"""The only module that talks to Blender (`bpy`, the extra `synth`): parts become meshes, looks become materials."""

from __future__ import annotations

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
from models.synth.look import Look, Thing
from models.synth.mesh import Points

Image = NDArray[np.float32]
"""(H, W, 3) float32, linear RGB."""


class SynthError(RuntimeError):
    """The synthetic world cannot be made on this machine."""


def blender() -> Any:
    """The `bpy` module, or a SynthError that says how to get it."""
    try:
        return importlib.import_module("bpy")
    except ImportError as error:
        raise SynthError(
            "rendering needs Blender as a Python module (Python 3.11): install the extra `synth`"
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


@dataclass(frozen=True, slots=True)
class Lamp:
    """A rectangular light that shines along `aim`: `size` in metres, `watts` of radiant power, linear RGB colour.

    A second size of 0 makes it a ball of light of that radius that shines everywhere (a fire).
    """

    at: tuple[float, float, float]
    size: tuple[float, float]
    watts: float
    colour: tuple[float, float, float] = (1.0, 0.93, 0.83)
    aim: tuple[float, float, float] = (0.0, 0.0, -1.0)


@dataclass
class Stage:
    """One Blender scene with one camera. Only one stage can live at a time (Blender has one main database)."""

    camera: Camera
    samples: int = 6
    ambient: float = 0.03
    _objects: dict[str, Any] = field(default_factory=dict)
    _kinds: dict[str, str] = field(default_factory=dict)
    _lamps: list[Any] = field(default_factory=list)
    _materials: dict[int, Any] = field(default_factory=dict)
    _looks: list[Look] = field(default_factory=list)

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
        cycles.denoising_prefilter = "FAST"
        cycles.max_bounces, cycles.diffuse_bounces, cycles.glossy_bounces = 4, 3, 2
        cycles.transmission_bounces, cycles.sample_clamp_indirect, cycles.blur_glossy = 2, 3.0, 1.0
        cycles.caustics_reflective = cycles.caustics_refractive = False
        render = scene.render
        render.resolution_x, render.resolution_y, render.resolution_percentage = (
            self.camera.width,
            self.camera.height,
            100,
        )
        render.image_settings.file_format, render.image_settings.color_depth = "OPEN_EXR", "32"
        render.image_settings.color_mode, render.image_settings.exr_codec = "RGB", "NONE"
        render.use_persistent_data = True
        scene.view_settings.view_transform = "Raw"
        scene.world = self.bpy.data.worlds.new("world")
        scene.world.use_nodes = True
        self.set_ambient(self.ambient)

    def set_ambient(self, strength: float) -> None:
        """Uniform light from everywhere (what seeps in from outside)."""
        node = self.bpy.context.scene.world.node_tree.nodes["Background"]
        node.inputs["Color"].default_value = (0.75, 0.85, 1.0, 1.0)
        node.inputs["Strength"].default_value = strength

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
        mix.inputs["A"].default_value = (*look.colour, 1.0)
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

    def take(self, name: str) -> None:
        """Remove a thing by name, if it is there."""
        old = self._objects.pop(name, None)
        if old is not None:
            data = old.data
            self.bpy.data.objects.remove(old)
            self.bpy.data.meshes.remove(data)

    def show(self, name: str, *, camera: bool) -> None:
        """Let the camera see a thing or not; its light and shadow stay."""
        self._objects[name].visible_camera = camera

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

    def render(self, crop: tuple[int, int, int, int] | None = None, seed: int = 0) -> Image:
        """(H, W, 3) linear RGB; with `crop` (x1, y1, x2, y2 pixels) only that window is rendered and returned."""
        scene = self.bpy.context.scene
        scene.cycles.seed = seed
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
            return self._read(target)

    def _read(self, path: Path) -> Image:
        image = self.bpy.data.images.load(str(path))
        image.colorspace_settings.name = "Non-Color"
        width, height = image.size
        flat = np.empty(width * height * image.channels, np.float32)
        image.pixels.foreach_get(flat)
        channels = image.channels
        self.bpy.data.images.remove(image)
        return np.ascontiguousarray(flat.reshape(height, width, channels)[::-1, :, :3])

    def who(self, step: int = 1) -> tuple[NDArray[np.int16], NDArray[np.float32], list[str]]:
        """What each pixel shows: (thing number or -1, distance in metres, names), sampled every `step` pixels.

        Rays go through pixel centres of the undistorted picture, so thin things hidden behind others are not counted.
        """
        vector = importlib.import_module("mathutils").Vector
        scene = self.bpy.context.scene
        graph = self.bpy.context.evaluated_depsgraph_get()
        graph.update()
        names = list(self._objects)
        number = {name: k for k, name in enumerate(names)}
        label = {self._objects[name].name: number[name] for name in names}
        rays = self.camera.rays(step)
        rows, columns = rays.shape[:2]
        index = np.full((rows, columns), -1, np.int16)
        distance = np.full((rows, columns), 1e3, np.float32)
        origin = vector(self.camera.at.tolist())
        cast = scene.ray_cast
        for y in range(rows):
            for x, ray in enumerate(rays[y].tolist()):
                hit, point, _, _, found, _ = cast(graph, origin, vector(ray))
                if hit:
                    index[y, x] = label.get(found.name, -1)
                    distance[y, x] = (point - origin).length
        return index, distance, names

    def kind(self, name: str) -> str:
        """Label class of a thing on stage."""
        return self._kinds[name]
