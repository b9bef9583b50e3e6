"""Bandits: units go to the arms that look best, batch by batch, with probabilities on record."""
