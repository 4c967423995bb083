. $STAGES/common.sh
cluster && serve default mnist 1.0.0
