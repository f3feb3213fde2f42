"""Graphs made at random, over open sizes, as ONNX models: values and gradients at several sizes."""

import os

import numpy as np
import pytest
from onnx_runs import loaded, run
from test_random_graphs import random_graph

import graphflow as gf

COUNT = 800 if os.environ.get("GRAPHFLOW_DEEP") == "1" else 96
BLOCKS = [range(start, start + 24) for start in range(0, COUNT, 24)]
SIZES = [[(3, 4)], [(3, 4), (1, 4), (6, 4)], [(3, 4), (1, 4), (6, 5)]]  # as random_graph opens them
REFUSED = ("not for every size", "ONNX has no such function")


@pytest.mark.parametrize("seeds", BLOCKS, ids=lambda block: str(block.start))
def test_models_give_what_the_graphs_give(seeds):
    compared = 0
    for seed in seeds:
        x, _, y = random_graph(seed)
        fetches = [y, *gf.gradients(gf.sum(y), x, unconnected="zero")]
        try:
            runner = loaded(gf.io.to_onnx(fetches, x))
        except gf.GraphError as error:
            if not any(reason in str(error) for reason in REFUSED):
                raise
            continue
        rng = np.random.default_rng(seed)
        for shape in SIZES[seed % 3]:
            value = rng.uniform(0.3, 1.5, size=shape)
            expected = gf.Session().run(fetches, {x: value})
            for a, b in zip(run(runner, [value]), map(np.asarray, expected), strict=True):
                assert (a.shape, a.dtype) == (b.shape, b.dtype), seed
                largest = max(1.0, np.max(np.abs(b), where=np.isfinite(b), initial=0.0))
                np.testing.assert_allclose(a, b, 1e-9, 1e-9 * largest, err_msg=f"{seed} {shape}")
            compared += 1
    assert compared > len(seeds)
