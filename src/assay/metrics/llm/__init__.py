"""What a language model answers: right, safe, quick, cheap?"""
