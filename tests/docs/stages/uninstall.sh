. $STAGES/common.sh
cluster && serve default mnist 1.0.0 && kubectl create namespace vision && secret vision && register vision mnist 1.0.0 && kill %1
