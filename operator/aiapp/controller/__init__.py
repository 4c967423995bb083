"""Generic controller machinery: informers, cache, work queue, workers, apply, status writer. Knows no kind of ours."""
