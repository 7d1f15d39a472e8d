"""Site, place, camera, zone, bay: what everything else refers to."""
