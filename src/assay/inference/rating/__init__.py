"""What ratings say of contestants (who is how strong) and of raters (who is how severe)."""
