"""A small synthetic world: places, machines, leads, clutter and fire, all made by code.

`mesh`, `curves`, `look`, `scooter`, `things`, `people`, `pictures` and `places` describe it in numpy; `flame` is a
fluid and `fireplay` lays it over a picture; `camera` is the network camera; `labels` makes truth boxes; `stage` renders
with Blender (the extra `synth`); `scenes` and `stills`, `story` and
`demo` are the two products.
"""
