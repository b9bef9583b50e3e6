"""Wire formats: what a request holds, and what an answer does; one vendor's format a file."""
