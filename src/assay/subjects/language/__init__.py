"""Language models under test: how they are asked, what they answer, how that fails."""
