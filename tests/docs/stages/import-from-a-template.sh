. $STAGES/common.sh
cluster && mkdir -p iris && echo weights > iris/model.pkl &&
  aiapp sandbox upload iris obs://models/iris/run-7/ &&
  placeholder https://obs.cn-north-4.myhuaweicloud.com "$ENDPOINT" &&
  kubectl patch inferenceruntime sklearn-1.6.1-cpu-py-3.11-ubuntu-22.04-x86-64 --type=merge -p '{"spec":{"image":"localhost/sklearn:1"}}'
