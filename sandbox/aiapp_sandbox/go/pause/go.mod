module aiapp.dev/sandbox/pause

go 1.26.0
