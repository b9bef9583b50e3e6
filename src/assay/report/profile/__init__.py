"""A profile for a person: in a line of text a column, on a terminal, or on a page to look at."""
