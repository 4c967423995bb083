# What the pages share. `. $STAGES/common.sh` in a clone; sets -e within the functions by && alone.
. .venv/bin/activate

sandbox() { # PROFILE SERVICES: a sandbox that this shell uses
  aiapp sandbox up --nodes "$1" --with "$2" && eval "$(aiapp sandbox env)"
}

installed() { # as the guide says, from manifests/install
  kubectl apply --server-side -k crds &&
    kubectl wait --for=condition=Established crd/aiapplications.aiapp.dev crd/aiapplicationversions.aiapp.dev crd/inferenceruntimes.aiapp.dev crd/inferencetemplates.aiapp.dev &&
    kubectl apply --server-side -k manifests/install
}

# On simulated nodes the Deployment's pod runs nothing: this process is the operator.
operator() {
  kubeconfig=$(aiapp sandbox kubeconfig --service-account aiapp-system/aiapp-operator) &&
    { KUBECONFIG=$kubeconfig AIAPP_ALLOW_HTTP=true AIAPP_ALLOWED_RANGES=127.0.0.0/8 aiapp run --health-address 127.0.0.1:0 2> "$SCRATCH/operator.log" & }
}

runtime=pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64

images() { # the runtime of the packages here has one
  kubectl patch inferenceruntime "$(echo $runtime | tr A-Z_ a-z-)" --type=merge -p '{"spec":{"image":"localhost/pytorch:1"}}'
}

package() { # FOLDER: a small package
  mkdir -p "$1" &&
    echo "{\"model_algorithm\": \"image_classification\", \"model_type\": \"PyTorch\", \"runtime\": \"$runtime\"}" > "$1/config.json" &&
    printf 'class Digits:\n    def _inference(self, data): ...\n' > "$1/customize_service.py" &&
    echo "$1" > "$1/net.pth"
}

secret() { # NAMESPACE
  kubectl -n "$1" create secret generic model-store --from-literal=accessKeyId="$AWS_ACCESS_KEY_ID" --from-literal=secretAccessKey="$AWS_SECRET_ACCESS_KEY"
}

register() { # NAMESPACE APPLICATION VERSION: from obs://models/APPLICATION/VERSION/
  kubectl apply -n "$1" -f - <<END &&
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: $2-$3}
spec:
  application: $2
  version: $3
  source: {obs: {uri: obs://models/$2/$3/, endpoint: "$ENDPOINT", credentialsSecretRef: {name: model-store}}}
END
    kubectl -n "$1" wait "aiappv/$2-$3" --for=condition=Ready --timeout=2m
}

serve() { # NAMESPACE APPLICATION VERSION
  kubectl apply -n "$1" -f - <<END &&
apiVersion: aiapp.dev/v1alpha1
kind: AIApplication
metadata: {name: $2}
spec: {serving: {versions: [{version: $3, replicas: 1}]}}
END
    kubectl -n "$1" wait "aiapp/$2" --for=condition=Ready --timeout=2m
}

cluster() { # the operator on simulated nodes, and mnist-1.0.0
  sandbox simulated s3 && installed && operator && images && secret default &&
    package mnist && aiapp sandbox upload mnist obs://models/mnist/1.0.0/ && register default mnist 1.0.0
}

placeholder() { # TEXT VALUE: what the reader puts in its place
  echo "$1 $2" >> "$PLACEHOLDERS"
}
