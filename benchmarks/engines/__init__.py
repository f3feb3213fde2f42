"""The engines: what each needs, and how it makes a step of a problem.

An engine's module has `build(problem, variant)`, which gives a `Step`, and imports its library at
the top: it is loaded only in the process that measures it. NotImplementedError says that it has no
such thing.
"""

from __future__ import annotations

from typing import NamedTuple


class Engine(NamedTuple):
    """Where an engine's steps are made, and the packages without which it is left out."""

    module: str  # beside this file; "" for what a workload has by hand
    packages: tuple[str, ...]
    variant: str = ""
    title: str = ""

    @property
    def is_on_gpu(self) -> bool:
        """Whether its steps run on a GPU, where there is one."""
        return self.variant.endswith("gpu")


ENGINES = {
    "numpy": Engine("", ("numpy",), title="NumPy by hand"),
    "numpy-plain": Engine("", ("numpy",), title="NumPy with temporaries"),
    "numpy-untiled": Engine("", ("numpy",), title="NumPy with out=, untiled"),
    "graphflow": Engine("graphflow", ("numpy",), title="graphflow"),
    "graphflow-forward": Engine("graphflow", ("numpy",), "forward", "graphflow, value alone"),
    "autograd": Engine("autograd", ("autograd",), title="autograd"),
    "mygrad": Engine("mygrad", ("mygrad",), title="MyGrad"),
    "torch": Engine("torch", ("torch",), "eager", "PyTorch"),
    "torch-compile": Engine("torch", ("torch",), "compile", "torch.compile"),
    "jax": Engine("jax", ("jax",), title="JAX jit"),
    "graphflow-jax": Engine("graphflow", ("jax",), "jax", "graphflow on JAX"),
    "jax-gpu": Engine("jax", ("jax",), "gpu", "JAX jit, GPU"),
    "graphflow-jax-gpu": Engine("graphflow", ("jax",), "jax-gpu", "graphflow on JAX, GPU"),
    "tf1": Engine("tensorflow", ("tensorflow",), title="TF1 session"),
    "pytensor-c": Engine("pytensor", ("pytensor",), "c", "PyTensor-C"),
    "pytensor-numba": Engine("pytensor", ("pytensor", "numba"), "numba", "PyTensor-Numba"),
}
OWN = ("numpy", "numpy-plain", "numpy-untiled", "graphflow", "graphflow-forward")
QUICK = (*OWN, "autograd")
