"""Missing values: their patterns, tests of why they lack, and what imputation makes of them."""
