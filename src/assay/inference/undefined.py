"""What is raised where data do not determine a statistic."""

from __future__ import annotations


class Undefined(ValueError):
    """These data do not determine the statistic; the message says why, in words for a person.

    Such as agreement beyond chance where all ratings are the same. It is an answer rather than a
    mistake of the caller: a metric gives the message as its reason.
    """
