"""Look at a table: what each column holds, from one scan, and what a person should look at."""
