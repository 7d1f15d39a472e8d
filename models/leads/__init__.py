"""The lead network's workshop: which pixels show a lead hanging or lying free.

No picture of flying-lead charging is to be had, so the leads are painted: curves as cables hang and lie, shaded as
round things, on real and rendered pictures of two-wheelers, beside painted pipes, rails, conduits and tile lines that
are not leads. Rendered scenarios, whose leads are geometry in another program, are what it is measured on.
"""
