"""From what was seen to what is written: store, queue, loop, apply, report and the reconcilers themselves."""
