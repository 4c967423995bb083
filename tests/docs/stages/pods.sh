. $STAGES/common.sh
cluster && serve default mnist 1.0.0 && kubectl create configmap flags --from-literal=mode=fast &&
  kubectl create secret generic keys --from-literal=token=t
