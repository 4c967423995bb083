. $STAGES/common.sh
sandbox none s3 && kubectl create namespace argocd && kubectl -n argocd create configmap argocd-cm
