"""Operations of neural networks. Arrays are (batch, ..., channels) unless said otherwise."""

from .ops.elementwise import log_sigmoid, relu, sigmoid, softplus, tanh
from .ops.nn import (
    adaptive_avg_pool, adaptive_max_pool, attention, avg_pool, batch_norm, celu, conv1d, conv2d,
    conv3d, conv_transpose1d, conv_transpose2d, conv_transpose3d, dropout, elu, embedding, gelu,
    glu, group_norm, hard_shrink, hard_sigmoid, hard_swish, hard_tanh, instance_norm, layer_norm,
    leaky_relu, log_softmax, max_pool, mish, multi_head_attention, prelu, relu6, rms_norm, selu,
    silu, soft_shrink, softmax, softmax_cross_entropy_with_logits, softsign,
    sparse_softmax_cross_entropy_with_logits, swish, tanh_shrink,
)  # fmt: skip

__all__ = [
    "adaptive_avg_pool", "adaptive_max_pool", "attention", "avg_pool", "batch_norm", "celu",
    "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d",
    "dropout", "elu", "embedding", "gelu", "glu", "group_norm", "hard_shrink", "hard_sigmoid",
    "hard_swish", "hard_tanh", "instance_norm", "layer_norm", "leaky_relu", "log_sigmoid",
    "log_softmax", "max_pool", "mish", "multi_head_attention", "prelu", "relu", "relu6", "rms_norm",
    "selu", "sigmoid", "silu", "soft_shrink", "softmax", "softmax_cross_entropy_with_logits",
    "softplus", "softsign", "sparse_softmax_cross_entropy_with_logits", "swish", "tanh",
    "tanh_shrink",
]  # fmt: skip
