"""What people do about an alert: an incident (fire), a case (violation) or a fault, as steps that are only ever added.

No I/O; the time comes with the call. Where an alert stands is never stored: it is a fold over what the camera knows of
it (`Alert`) and its steps. `Alert` repeats of the steps only what the store searches by (`fold.projected`).
"""
