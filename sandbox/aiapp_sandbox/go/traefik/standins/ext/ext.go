// Package ext stands in for Traefik's module of that name, which no module proxy serves: it adds no field.
package ext

// HTTP adds nothing to the HTTP configuration.
type HTTP struct{}

// Router adds nothing to a router.
type Router struct{}
