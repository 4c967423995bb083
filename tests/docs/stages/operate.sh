. $STAGES/common.sh
cluster && kubectl apply -f - <<END &&
apiVersion: aiapp.dev/v1alpha1
kind: AIApplication
metadata: {name: mnist}
spec: {serving: {versions: [{version: 1.0.0}]}}
END
  kubectl wait aiapp/mnist --for=condition=Ready --timeout=2m
