. $STAGES/common.sh && sandbox simulated registry && placeholder registry.example.com/team/charts "$REGISTRY/team/charts" &&
  program=$(python -c 'from charts.helm import program; print(program())') &&
  export GNUPGHOME=$SCRATCH/gpg && mkdir -m 700 "$GNUPGHOME" &&
  gpg --batch --quiet --passphrase= --quick-generate-key "Platform team" default default never

helm() { # the registry here has no TLS
  case "$*" in *oci://*) "$program" "$@" --plain-http ;; *) "$program" "$@" ;; esac
}
