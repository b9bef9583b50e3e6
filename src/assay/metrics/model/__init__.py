"""How large is the model?"""
