"""What single features tell of the target: power, leakage, and what they share."""
