"""What a text states, and whether another text bears it out: rules for English, no model."""
