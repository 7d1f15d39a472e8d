"""The workshop: how the shipped detector is trained, exported and measured. Run-time code never imports this
package.

`models` itself needs only numpy and OpenCV; torch and ultralytics (the `train` extra) are imported where a
network is built.
"""

from models.classes import CLASSES

__all__ = ["CLASSES"]
