"""Gradual rollouts: a plan of stages, a state that survives restarts, and rules that move it.

| module | holds |
| --- | --- |
| ``plan`` | stages and rules, as data; ``plan_reading`` reads them from a file |
| ``findings`` | what an analysis of the present stage found |
| ``rules`` | plan, state and findings to a decision; pure |
| ``machine`` | states, events, and the replay of events; pure |
| ``journal`` | events on disk, one writer at a time |
| ``steps`` | decide once: read, judge, write; safe to repeat and to kill |
"""
