. $STAGES/common.sh
cluster && kubectl delete secret model-store && openssl req -x509 -newkey rsa:2048 -nodes -keyout /dev/null -subj /CN=ours -out our-authority.pem &&
  kubectl create namespace team && kubectl create namespace storage && kubectl -n storage create service clusterip minio --tcp=9000
