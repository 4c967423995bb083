. $STAGES/common.sh

crds='import os; from aiapp_sandbox import build, pins, progress; print(build.files(pins.GATEWAY_API, os.environ, progress.Silent()))'

gateway_api() { # its kinds
  for kind in gatewayclasses gateways httproutes; do
    kubectl apply --server-side -f "$(python -c "$crds")/gateway.networking.k8s.io_$kind.yaml" || return
  done
}

controller() { # says of the route that it is accepted, as the controller of the Gateway would
  while sleep 1; do
    said="\"status\": \"True\", \"message\": \"\", \"lastTransitionTime\": \"2026-01-02T12:00:00Z\", \"observedGeneration\": $(kubectl get httproute mnist -o jsonpath='{.metadata.generation}')"
    kubectl patch httproute mnist --subresource=status --type=merge -p "{\"status\": {\"parents\": [{\"parentRef\": {\"name\": \"edge\", \"namespace\": \"infra\"}, \"controllerName\": \"example.com/gateway\",
      \"conditions\": [{\"type\": \"Accepted\", \"reason\": \"Accepted\", $said}, {\"type\": \"ResolvedRefs\", \"reason\": \"ResolvedRefs\", $said}]}]}}"
  done
}

cluster && gateway_api && aiapp sandbox upload mnist obs://models/mnist/1.1.0/ && register default mnist 1.1.0 && { controller > "$SCRATCH/controller.log" 2>&1 & }
