"""Is the table what it should be?

Each metric speaks of one dimension of data quality (DAMA UK 2013, with the measures of ISO/IEC
25012:2008 and 25024:2015), and a suite's scores are means over the checks of one:

* completeness: what should be there is there, as values, as rows, and through time.
* validity: each value, or the table's form, conforms to its definition: type, format, pattern,
  range, list of values, schema.
* uniqueness: nothing is there twice that should be there once.
* consistency: values do not contradict each other, within a row, across rows, or across tables.
* timeliness: the data are as recent as their use asks.
* accuracy: the data are plausible as a picture of the world, as far as that shows without the
  world: how a column's values are distributed, against a requirement or a reference.
"""
