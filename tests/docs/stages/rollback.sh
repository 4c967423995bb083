. $STAGES/common.sh
cluster && aiapp sandbox upload mnist obs://models/mnist/1.1.0/ && register default mnist 1.1.0 && serve default mnist 1.0.0 &&
  kubectl patch aiapp mnist --type=merge -p '{"spec":{"serving":{"versions":[{"version":"1.1.0","replicas":1}]}}}' &&
  until aiapp history mnist | grep -q '^2 .*Succeeded'; do sleep 1; done
