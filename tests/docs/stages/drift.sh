. $STAGES/common.sh
# A bucket that keeps no versions of objects.
sandbox simulated s3 && installed && operator && images && secret default &&
  python -c 'import boto3, os; boto3.client("s3", endpoint_url=os.environ["ENDPOINT"]).create_bucket(Bucket="models")' &&
  package mnist && aiapp sandbox upload mnist obs://models/mnist/1.0.0/ && register default mnist 1.0.0 &&
  echo other > mnist/net.pth && aiapp sandbox upload mnist obs://models/mnist/1.0.0/
