. $STAGES/common.sh
cluster && aiapp sandbox upload mnist obs://models/mnist/1.1.0/ && register default mnist 1.1.0
