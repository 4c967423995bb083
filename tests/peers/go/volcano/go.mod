module aiapp.dev/tests/volcano

go 1.26.0

require (
	sigs.k8s.io/controller-tools v0.20.0
	volcano.sh/apis v1.9.0
)
