"""How far off are the predicted values?"""
