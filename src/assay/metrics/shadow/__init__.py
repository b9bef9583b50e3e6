"""How does a candidate differ from the primary on the same requests?"""
