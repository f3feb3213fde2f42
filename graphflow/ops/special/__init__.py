"""Special functions of SciPy, elementwise, each with its gradient."""
# ruff: noqa: F403 - each part lists in its __all__ what belongs here

from . import (
    bessel,
    error_functions,
    gamma_functions,
    hyperbolic_quotients,
    information,
    moments,
)
from .bessel import *
from .error_functions import *
from .gamma_functions import *
from .hyperbolic_quotients import *
from .information import *
from .moments import *

__all__: list[str] = []
__all__ += bessel.__all__
__all__ += error_functions.__all__
__all__ += gamma_functions.__all__
__all__ += hyperbolic_quotients.__all__
__all__ += information.__all__
__all__ += moments.__all__
