. $STAGES/common.sh
sandbox simulated s3 && installed && operator && images &&
  kubectl create namespace staging && kubectl create namespace production && secret staging && secret production &&
  package mnist && (cd mnist && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS) &&
  aiapp sandbox upload mnist obs://models/mnist/1.0.0/ && aiapp sandbox upload mnist obs://released/mnist/1.0.0/ &&
  register staging mnist 1.0.0 &&
  placeholder https://obs.cn-south-1.myhuaweicloud.com "$ENDPOINT"
