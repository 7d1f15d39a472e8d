"""What can go wrong in the workshop (`models`); each is defined beside what raises it.

WorkshopError
├── SetError       a training set that cannot be read, or a folder that is none
├── FormatError    a folder of the user's labelled pictures that cannot be read
├── BuildError     an order for a set that cannot be carried out
├── WeightsError   weights or a checkpoint that cannot be read, or of another network
├── RunError       a folder that does not fit the training run it is to hold
├── ExportError    what cannot become an ONNX file
│   └── ParityError   the file computes something else than the network
├── EvaluateError  something that cannot be measured, or measured with
├── TableError     a README that has no place for the table
├── LessonError    a folder that is no export of verdicts
└── ForeignModel   an ONNX file that is not one of our networks
"""


class WorkshopError(ValueError):
    """Base of what the workshop raises on purpose: one line that names the file or option."""
