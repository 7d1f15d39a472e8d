"""`python -m models.synth`: the same as `xinan models synth`."""

from models.synth import main

main()
