"""How every operation of the library is written, and on which operands."""

from .arrays import ARRAYS
from .choosing import GUESSES, Called, attribute_choices, called, chosen, forms_for
from .elementwise import ELEMENTWISE
from .form import Form
from .matrices import MATRICES
from .special import SPECIAL

FORMS: tuple[Form, ...] = (*ELEMENTWISE, *ARRAYS, *MATRICES, *SPECIAL)

__all__ = [
    "FORMS",
    "GUESSES",
    "Called",
    "Form",
    "attribute_choices",
    "called",
    "chosen",
    "forms_for",
]
