"""A real language model on this machine: that which the examples are served by.

SmolLM2, 135 million parameters, behind llama.cpp; ``examples/local_model.py`` says how to get it.
"""

from examples.local_model import serving as serving_local_model
from examples.local_model import weights

__all__ = ["serving_local_model", "weights"]
