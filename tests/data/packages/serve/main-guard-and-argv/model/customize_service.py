import argparse

from model_service.pytorch_model_service import PTServingBaseService

parser = argparse.ArgumentParser()
parser.add_argument("--size", type=int, default=3)
args = parser.parse_args()
MAIN = False


class ArgumentService(PTServingBaseService):
    def _inference(self, data):
        return {"size": args.size, "main": MAIN}


if __name__ == "__main__":
    MAIN = True
    raise SystemExit("not a program")
