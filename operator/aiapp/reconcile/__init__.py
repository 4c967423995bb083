"""The reconcilers of our kinds: gather, plan, carry out, report."""
