from model_service.model_service import SingleNodeService


class Net(SingleNodeService):
    pass
