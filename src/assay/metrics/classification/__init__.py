"""Does the classifier decide well?"""
