// Package challenge has what Traefik's own challenges are.
package challenge

import (
	"context"
	"errors"
	"time"
)

// ErrLeftOut is why no certificate is ever obtained.
var ErrLeftOut = errors.New("ACME is left out of this build")

// Provider answers a challenge.
type Provider interface {
	Present(ctx context.Context, domain, token, keyAuth string) error
	CleanUp(ctx context.Context, domain, token, keyAuth string) error
}

// ProviderTimeout is a Provider with a time limit.
type ProviderTimeout interface {
	Provider
	Timeout() (timeout, interval time.Duration)
}
