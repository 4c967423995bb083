"""What is outside the process: the API server, object storage, parsing processes, metrics. One folder each."""
