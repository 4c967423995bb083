. $STAGES/common.sh && sandbox simulated s3 &&
  helm=$(python -c 'from charts.helm import program; print(program())') && PATH=$(dirname "$helm"):$PATH
