"""What speed, latency and soak share: cameras that are real RTSP servers, and meters of the processes under load.

`gst_streams` is run by the system's Python, which has GStreamer's bindings: keep this file free of imports.
"""
