. $STAGES/common.sh
cat > fleet.yaml <<END
nodes:
  - name: a2-1
    arch: arm64
    labels: {node.kubernetes.io/npu.chip.name: 910B3, huawei.com/driver.version: 25.5.0}
    capacity: {huawei.com/Ascend910: 8}
  - {name: cpu, arch: amd64}
  - name: new
    arch: arm64
    labels: {node.kubernetes.io/npu.chip.name: 910ProB, huawei.com/driver.version: 25.5.0}
    capacity: {huawei.com/Ascend910: 8}
  - name: npu-7
    arch: arm64
    labels: {node.kubernetes.io/npu.chip.name: 910ProB}
    capacity: {huawei.com/Ascend910: 8}
END
cat > mnist.yaml <<END
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-1.0.0}
spec:
  application: mnist
  version: 1.0.0
  source: {obs: {uri: "obs://models/mnist/1.0.0/"}}
  runtime: mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64
END
sandbox fleet.yaml s3 && installed && operator && kubectl apply -f - <<END
apiVersion: v1
kind: Pod
metadata: {name: user}
spec:
  nodeName: npu-7
  containers:
    - {name: user, image: none, resources: {limits: {huawei.com/Ascend910: 5}}}
END
