"""How good are people's ratings, and what do they say of what was rated?"""
