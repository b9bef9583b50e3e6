"""How many rows decide: sample sizes, power, and the least effect that a given n can show.

One module for each design. Each has three functions: ``needed`` (the n for given error rates),
``power`` (the probability of a right decision at n) and ``detectable`` (the least effect that n
decides). Where the formula is continuous ``needed`` gives a number that is not rounded; exact
designs give whole numbers. :mod:`~assay.inference.power.sampling` takes either to clustered rows
and to finite populations.
"""
