. $STAGES/common.sh
cluster && aiapp sandbox upload mnist obs://models/mnist/1.1.0/ && register default mnist 1.1.0 && serve default mnist 1.0.0 &&
  kubectl patch aiapp mnist --type=merge -p '{"spec":{"serving":{"versions":[{"version":"1.0.0","replicas":4}]}}}' &&
  kubectl wait aiapp/mnist --for=jsonpath='{.status.readyReplicas}'=4 --timeout=2m
