module aiapp.dev/sandbox/traefik

go 1.26.0

require (
	github.com/traefik/traefik/v3 v3.7.13
	sigs.k8s.io/gateway-api v1.6.3
)

replace (
	github.com/abbot/go-http-auth => ./standins/basicauth
	github.com/go-acme/lego/v5 => ./standins/lego
	github.com/gorilla/mux => github.com/containous/mux v0.0.0-20250523120546-41b6ec3aed59
	github.com/traefik/traefik/dynamic/ext => ./standins/ext
)

exclude github.com/tencentcloud/tencentcloud-sdk-go v3.0.83+incompatible
