"""Sets of prompts as data: attacks, the texts that carry them, and what the attacks are after."""
