"""The workloads, by name. Each file has formulas, data, and the steps by hand in NumPy."""

from __future__ import annotations

from ..problem import Workload
from .attention import WORKLOADS as ATTENTION
from .convolution import WORKLOADS as CONVOLUTION
from .elementwise import WORKLOADS as ELEMENTWISE
from .logistic import WORKLOADS as LOGISTIC
from .mlp import WORKLOADS as MLP
from .recurrent import WORKLOADS as RECURRENT
from .rosenbrock import WORKLOADS as ROSENBROCK
from .scalars import WORKLOADS as SCALARS
from .small import WORKLOADS as SMALL

_MADE = [
    *SCALARS, *SMALL, *MLP, *ELEMENTWISE, *ATTENTION, *RECURRENT, *CONVOLUTION, *ROSENBROCK,
    *LOGISTIC,
]  # fmt: skip
_ORDER = "W1 W2 W3 W4 W5 W6 W7 W7L W8 W9 W10 W11 W11H W12".split()

_BY_NAME = {workload.name: workload for workload in _MADE}

WORKLOADS: dict[str, Workload] = {name: _BY_NAME[name] for name in _ORDER}
