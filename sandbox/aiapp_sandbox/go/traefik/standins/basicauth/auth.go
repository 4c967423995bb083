// Package auth stands in for the fork of go-http-auth that Traefik is built with, which no module proxy serves:
// basic authentication by bcrypt, and no digest authentication.
package auth

import (
	"net/http"
	"strconv"

	"golang.org/x/crypto/bcrypt"
)

// BasicAuth says who may come in.
type BasicAuth struct {
	Realm   string
	Secrets func(user, realm string) string
}

// RequireAuth asks for a name and a password.
func (a *BasicAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("WWW-Authenticate", "Basic realm="+strconv.Quote(a.Realm))
	http.Error(w, http.StatusText(http.StatusUnauthorized), http.StatusUnauthorized)
}

// CheckSecret compares a password with its bcrypt hash.
func CheckSecret(password, secret string) bool {
	return bcrypt.CompareHashAndPassword([]byte(secret), []byte(password)) == nil
}

// DigestAuth lets nobody in.
type DigestAuth struct{}

// NewDigestAuthenticator makes one that lets nobody in.
func NewDigestAuthenticator(string, func(user, realm string) string) *DigestAuth { return &DigestAuth{} }

// CheckAuth finds no user in any request.
func (*DigestAuth) CheckAuth(*http.Request) (string, *string) { return "", nil }

// RequireAuth refuses a request.
func (*DigestAuth) RequireAuth(w http.ResponseWriter, _ *http.Request) {
	http.Error(w, "digest authentication is left out of this build", http.StatusUnauthorized)
}

// RequireAuthStale refuses a request.
func (a *DigestAuth) RequireAuthStale(w http.ResponseWriter, r *http.Request) { a.RequireAuth(w, r) }

// DigestAuthParams reads nothing.
func DigestAuthParams(string) map[string]string { return nil }
