. $STAGES/common.sh
# A package with metrics, whose digest is known at the import.
measured() { # FOLDER WEIGHTS F1
  mkdir -p "$1" && printf 'class Digits:\n    def _inference(self, data): ...\n' > "$1/customize_service.py" && echo "$2" > "$1/net.pth" &&
    echo "{\"model_algorithm\": \"image_classification\", \"model_type\": \"PyTorch\", \"runtime\": \"$runtime\", \"metrics\": {\"f1\": $3, \"recall\": 0.89}}" > "$1/config.json" &&
    (cd "$1" && find . -type f ! -name SHA256SUMS -exec sha256sum {} + > SHA256SUMS)
}

# No kubelet runs the jobs: this ends the pod of one, after what the job would have written.
trained() { # JOB FOLDER RUN
  until pod=$(kubectl get pods -l batch.kubernetes.io/job-name="$1" -o name 2> /dev/null) && [ -n "$pod" ]; do sleep 1; done
  aiapp sandbox upload "$2" "obs://models/mnist/$3/" &&
    kubectl patch "$pod" --subresource=status --type=merge -p '{"status":{"phase":"Succeeded"}}'
}

train() { # JOB RUN SEED
  kubectl apply -f - <<END
apiVersion: batch/v1
kind: Job
metadata:
  name: $1
  annotations:
    org.opencontainers.image.source: https://git.example.com/team/mnist
    org.opencontainers.image.revision: c0ffee
    dataset.aiapp.dev/mnist: obs://data/mnist/v3/@sha256:9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
        - name: train
          image: registry.example.com/team/train-mnist:7
          env:
            - {name: train_url, value: "obs://models/mnist/$2/"}
            - {name: SEED, value: "$3"}
            - {name: LOG_LEVEL, value: debug}
END
}

of_job() { # VERSION JOB
  kubectl apply -f - <<END
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-$1}
spec:
  application: mnist
  version: $1
  source: {trainingJob: {name: $2, recordedEnv: [SEED], endpoint: "$ENDPOINT", credentialsSecretRef: {name: model-store}}}
END
}

sandbox simulated s3 && installed && operator && images && secret default && measured first weights 0.91 && measured second more 0.93 &&
  train train-mnist-7 run-7 7 && of_job 1.0.0 train-mnist-7 && trained train-mnist-7 first run-7 &&
  train train-mnist-9 run-9 8 && of_job 2.0.0 train-mnist-9 && trained train-mnist-9 second run-9 &&
  kubectl wait aiappv/mnist-1.0.0 aiappv/mnist-2.0.0 --for=condition=Ready --timeout=3m && kubectl delete job train-mnist-7 train-mnist-9 &&
  placeholder https://obs.cn-north-4.myhuaweicloud.com "$ENDPOINT" && { trained train-mnist-8 first run-8 > "$SCRATCH/trained.log" 2>&1 & }
