. $STAGES/common.sh
sandbox none s3 && package mnist && package sound && aiapp sandbox upload sound obs://models/mnist/1.0.0/ &&
  placeholder https://obs.cn-north-4.myhuaweicloud.com "$ENDPOINT --allow-http" &&
  rm -r mnist && mkdir -p mnist/model fixed deploy &&
  cat > mnist/model/config.json <<END &&
{
  "model_algorithm": "image_classification",
  "model_type": "Torch7",
  "dependancies": []
}
END
  echo 'def f(:' > mnist/model/customize_service.py && echo weights > mnist/model/net.pth &&
  printf %s '{"model_algorithm": "image_classification", "model_type": "PyTorch", "runtime": "pytorch_2.6.0-cpu-py_3.11-ubuntu_22.04-x86_64"}' > fixed/config.json &&
  printf 'class Digits:\n    ...\n' > fixed/customize_service.py && printf weights > fixed/net.pth &&
  cat > deploy/version.yaml <<END
apiVersion: aiapp.dev/v1alpha1
kind: AIApplicationVersion
metadata: {name: mnist-1.0.0}
spec:
  application: mnist
  verison: 1.0.0
  source: {obs: {uri: "obs://models/mnist/"}}
END
