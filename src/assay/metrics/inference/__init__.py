"""How fast does the model answer?"""
