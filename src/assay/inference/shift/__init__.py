"""How well a model does where its inputs have moved: weights, scores under them, calibration."""
