"""Jobs of many processes: started, joined through JAX, watched, and begun again after a death."""

from .job import Job, launch
from .joining import initialize
from .life import beat

__all__ = ["Job", "beat", "initialize", "launch"]
