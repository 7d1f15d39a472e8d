"""The synthetic world: places, things, people, fires and cameras made by code, with exact truth.

Nothing here is imported at run time; only `stage` needs Blender (`bpy`, the extra `synth`).
"""

import sys


def main() -> None:
    """`xinan models synth`."""
    from models.synth import cli

    sys.exit(cli.main())
