// Package acme has what Traefik keeps of an account.
package acme

// Account is what a server knows of an account.
type Account struct {
	Status string `json:"status,omitempty"`
}

// ExtendedAccount is an account and its address.
type ExtendedAccount struct {
	Account

	Location string
}
