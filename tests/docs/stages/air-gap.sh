. $STAGES/common.sh && sandbox simulated registry &&
  placeholder registry.example.com/team "$REGISTRY/team" &&
  { command -v skopeo >/dev/null || apt-get install -qqy --no-install-recommends skopeo >/dev/null; } &&
  helm=$(python -c 'from charts.helm import program; print(program())') && PATH=$(dirname "$helm"):$PATH
skopeo() { # the registry here has no TLS
  command skopeo "$1" --dest-tls-verify=false "${@:2}"
}
