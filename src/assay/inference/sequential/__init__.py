"""Statistics that hold at every look: data may come in, be looked at, and be stopped any time.

An interval of fixed size that is looked at again and again errs far more often than it says. What
is here does not. All but :mod:`betting` are functions of summaries that merge (counts, moments,
ranks), so they can be evaluated at any look, of any number of rows, without what came before.

| module | for | holds |
| --- | --- | --- |
| ``proportions`` | a share | for every n, exactly |
| ``bounded`` | the mean of values with known ends, from moments | for every n, exactly |
| ``betting`` | the same from values in their order: sharper with few | for every n, exactly |
| ``means`` | any mean, and differences of means or shares | asymptotically; ``t_mixture`` exactly |
| | | for normal values |
| ``quantiles`` | a quantile | for every n, exactly |
| ``mixture`` | any normal estimate with a standard error: mSPRT | asymptotically |
| ``anytime`` | any metric: the level to ask its own interval at | as far as that interval does |
| ``spending`` | a number of looks that is planned: group-sequential boundaries | asymptotically |
| ``evalues`` | combining evidence: e-values and e-processes | for every n, exactly |

``tuned_for`` is the number of rows at which an interval is made as short as it can be; it holds at
every other number too. Name the most rows you are prepared to collect, or a little fewer.
"""
