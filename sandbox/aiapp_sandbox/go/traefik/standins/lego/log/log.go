// Package log takes a logger and says nothing.
package log

import "log/slog"

// SetDefault does nothing.
func SetDefault(*slog.Logger) {}
