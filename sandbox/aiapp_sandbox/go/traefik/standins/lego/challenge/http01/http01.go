// Package http01 has the options of challenges by HTTP, which do nothing.
package http01

import "time"

// PathPrefix begins the paths of challenges (RFC 8555, section 8.3).
const PathPrefix = "/.well-known/acme-challenge/"

// ChallengeOption changes nothing.
type ChallengeOption struct{}

// SetDelay changes nothing.
func SetDelay(time.Duration) ChallengeOption { return ChallengeOption{} }
