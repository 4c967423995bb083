. $STAGES/common.sh
# A Llama with two layers stands for the reader's model, and nodes that only look like an Atlas 800T A2 run nothing.
weights() {
  PYTHONPATH=. python - <<'EOF'
from pathlib import Path
from tests.support.tiny_llama import files
folder = Path("chat")
folder.mkdir()
for name, content in files(1).items():
    (folder / name).write_bytes(content)
EOF
}
cat > fleet.yaml <<EOF
nodes:
  - name: a2
    arch: arm64
    labels:
      node.kubernetes.io/npu.chip.name: 910B3
      mind-cluster/npu-chip-memory: 64G
      huawei.com/driver.version: 25.5.0
    capacity: {huawei.com/Ascend910: 8}
EOF
sandbox fleet.yaml s3 && installed && operator && secret default && weights &&
  placeholder https://obs.cn-north-4.myhuaweicloud.com "$ENDPOINT"
