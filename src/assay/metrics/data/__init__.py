"""Is the table what it should be?"""
