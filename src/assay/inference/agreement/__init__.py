"""How far raters agree: coefficients, each with its variance over the items that were rated.

One row is one rating of one item by one rater (``ratings.Ratings``). Items are what was drawn at
random, so all variances are taken over items. Every coefficient is a ``coefficient.Agreement``: 1
where all agree, 0 where they agree as often as by chance (percent agreement: where they never do),
negative where they agree less often.
"""
