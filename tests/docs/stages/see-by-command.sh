. $STAGES/common.sh
cluster && serve default mnist 1.0.0 &&
  mkdir -p broken && cp mnist/config.json mnist/net.pth broken/ && aiapp sandbox upload broken obs://models/mnist/1.1.0/ &&
  kubectl label aiapp mnist team=vision && kubectl apply -f - <<END &&
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-1.1.0}
spec:
  application: mnist
  version: 1.1.0
  description: Trained on more digits
  source: {obs: {uri: obs://models/mnist/1.1.0/, endpoint: "$ENDPOINT", credentialsSecretRef: {name: model-store}}}
END
  kubectl wait aiappv/mnist-1.1.0 --for=jsonpath='{.status.phase}'=Failed --timeout=2m
