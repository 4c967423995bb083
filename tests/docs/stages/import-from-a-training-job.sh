. $STAGES/common.sh
# No kubelet runs the reader's job: this ends its pod, after what the job would have written.
trained() {
  until pod=$(kubectl get pods -l batch.kubernetes.io/job-name=train-mnist-7 -o name 2> /dev/null) && [ -n "$pod" ]; do sleep 1; done
  package run-7 && aiapp sandbox upload run-7 obs://models/mnist/run-7/ &&
    kubectl patch "$pod" --subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}'
}
sandbox simulated s3 && installed && operator && images && secret default &&
  placeholder https://obs.cn-north-4.myhuaweicloud.com "$ENDPOINT" && { trained > "$SCRATCH/trained.log" 2>&1 & }
