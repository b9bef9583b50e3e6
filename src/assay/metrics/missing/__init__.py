"""What is missing, why it may be, and what that does to the answers."""
