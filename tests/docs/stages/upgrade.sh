. $STAGES/common.sh && sandbox simulated s3 &&
  helm=$(python -c 'from charts.helm import program; print(program())') && PATH=$(dirname "$helm"):$PATH &&
  for chart in operator runtimes; do
    helm install aiapp-$chart tests/data/releases/aiapp-$chart-[0-9]*.tgz --namespace aiapp-system --create-namespace --wait || break
  done
