"""The documentation is true: every code block is run, every link leads somewhere."""
