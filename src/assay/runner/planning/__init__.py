"""How many rows decide a suite's checks, and what collecting them costs, before it is spent."""
