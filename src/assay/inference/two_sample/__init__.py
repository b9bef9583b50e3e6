"""Whether two tables come from one distribution, all columns taken together."""
