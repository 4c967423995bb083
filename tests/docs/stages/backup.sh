. $STAGES/common.sh
# A second cluster, with an operator of its own; the object store is the first one's.
cluster && serve default mnist 1.0.0 && first=$KUBECONFIG &&
  aiapp sandbox up --name other --nodes simulated && export KUBECONFIG=$(aiapp sandbox kubeconfig --name other) && installed &&
  kubeconfig=$(aiapp sandbox kubeconfig --name other --service-account aiapp-system/aiapp-operator) &&
  { KUBECONFIG=$kubeconfig AIAPP_ALLOW_HTTP=true AIAPP_ALLOWED_RANGES=127.0.0.0/8 aiapp run --health-address 127.0.0.1:0 2> "$SCRATCH/other.log" & } &&
  cp "$KUBECONFIG" other.yaml && export KUBECONFIG=$first
