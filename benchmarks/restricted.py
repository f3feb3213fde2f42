"""A process of `child.py` with limits: `python -m benchmarks.restricted CORE BYTES W4 torch ...`.

One core, so that libraries start one thread when they are imported, and a limit of memory; 0 bytes
for none. The process sets them for itself: others may have threads, which a fork would not survive.
"""

import os
import resource
import runpy
import sys

core, limit = int(sys.argv[1]), int(sys.argv[2])
if hasattr(os, "sched_setaffinity"):
    os.sched_setaffinity(0, {core})
if limit:
    resource.setrlimit(resource.RLIMIT_DATA, (limit, resource.getrlimit(resource.RLIMIT_DATA)[1]))
del sys.argv[1:3]
runpy.run_module("benchmarks.child", run_name="__main__", alter_sys=True)
