"""What a model learns from columns, by cross-validation: the ground of metrics that compare ways
of preparing the same rows.
"""
