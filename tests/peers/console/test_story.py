"""The whole way in a real browser: from an empty namespace to a served model, a canary, and back."""

import json
from dataclasses import dataclass, field

import pytest
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.select import Select
from tests.e2e.serving import NAME, RUNNING_SECONDS, Serving
from tests.support.accounts import person
from tests.support.browser import NARROW, PAGE_SECONDS, Browser, hosts_asked
from tests.support.console_process import RunningConsole
from tests.support.packages import for_engine, package, upload
from tests.support.waiting import eventually

pytestmark = pytest.mark.timeout(1500)

CANN = "mindspore_2.0.0-cann_6.3.0-py_3.7-euler_2.8.3-aarch64"
MOST_TABS = 60


def login(browser: Browser, token: str) -> None:
    """As a person who pastes a token and presses the enter key."""
    browser.driver.delete_all_cookies()
    browser.go("/login")
    browser.driver.find_element(By.ID, "token").send_keys(token, Keys.ENTER)
    browser.until("Namespaces")


def by_keyboard(browser: Browser, words: str) -> None:
    """Goes there by the tabulator key and presses enter."""
    for _ in range(MOST_TABS):
        ActionChains(browser.driver).send_keys(Keys.TAB).perform()
        if _focused(browser) == words:
            ActionChains(browser.driver).send_keys(Keys.ENTER).perform()
            return
    raise AssertionError(f"{words!r} is not reached by the keyboard")


def _focused(browser: Browser) -> str:
    """What is written on the element that has the focus; nothing while the page puts a new one in its place."""
    try:
        return str(browser.driver.switch_to.active_element.text)
    except StaleElementReferenceException:
        return ""


@dataclass
class Story:
    """A person with the rights to edit, in a namespace in which there is nothing yet."""

    serving: Serving
    browser: Browser
    faults: list[str] = field(default_factory=list)
    """What axe-core finds, or what does not fit into the window."""

    @property
    def space(self) -> str:
        return self.serving.registry.namespace

    def look(self, name: str) -> None:
        self.faults += self.browser.look(name)

    def comes_in(self) -> None:
        self.browser.go("/login")
        self.look("login")
        login(self.browser, person(self.serving.registry.kube, self.space, "editor", "edit"))
        self.browser.fill("namespace", self.space)
        self.browser.click("Open")
        self.browser.until("No application fits.")
        self.look("empty")

    def serves_the_first_version(self) -> None:
        self.serving.upload("1.0.0", "one")
        self.serving.register()
        self.browser.until_offered("1.0.0")
        self.browser.click("1.0.0")
        self.browser.until_offered("Deploy")  # once the operator has it Normal
        self.look("version")
        self.browser.click("Deploy")
        self.browser.until("Traffic in percent")
        self.browser.click("Show what it comes to")
        self.browser.until(f"aiapp deploy {NAME} 1.0.0=100")
        self.look("deploy")
        self.browser.click("Deploy")
        self.browser.until("It is being deployed.")
        self.browser.until("1/1", timeout=RUNNING_SECONDS)
        self.browser.until("Running")

    def asks_the_model(self) -> None:
        self.browser.click("Predict")
        self.browser.fill("text", json.dumps({"seconds": 0}))
        self.browser.click("Ask the model")
        self.browser.until('"content": "one"')
        self.look("predict")

    def shifts_half_of_the_traffic(self) -> None:
        self.serving.upload("1.1.0", "two")
        self.serving.register("1.1.0")
        self.browser.go(f"/n/{self.space}/versions/{NAME}-1.1.0")
        self.browser.until_offered("Deploy")
        self.browser.go(f"/n/{self.space}/applications/{NAME}")
        self.browser.click("Deploy")
        self.browser.fill("weight-1", "50")
        self.browser.fill("weight-2", "50")
        self.browser.click("Deploy")
        self.browser.until("2/2", timeout=RUNNING_SECONDS)
        self.browser.until("1.0.0 50 %, 1.1.0 50 %")
        self.browser.until("Since the pods started")  # what the calls are counted from
        self.look("canary")

    def goes_back(self) -> None:
        self.browser.click("Roll back")
        Select(self.browser.driver.find_element(By.ID, "revision")).select_by_value("1")
        self.browser.click("Roll back")
        self.browser.until("It is being rolled back.")
        self.browser.until("1/1", timeout=RUNNING_SECONDS)
        self.browser.until("Traffic over time")
        self.look("rolled-back")

    def reads(self) -> None:
        self.browser.go(f"/n/{self.space}/compare?before={NAME}-1.0.0&after={NAME}-1.1.0")
        self.look("compare")
        self.browser.go(f"/n/{self.space}/versions/{NAME}-1.0.0/files")
        self.look("files")
        self.browser.go(f"/n/{self.space}/applications/{NAME}?lang=zh")
        self.browser.until("流量变化")
        self.look("application-zh")


def test_from_an_empty_namespace_to_a_canary_and_back(
    serving: Serving, opened: Browser, running: RunningConsole
) -> None:
    story = Story(serving, opened)
    story.comes_in()
    story.serves_the_first_version()
    story.asks_the_model()
    story.shifts_half_of_the_traffic()
    story.goes_back()
    story.reads()
    assert story.faults == []
    assert opened.console_errors() == []
    assert hosts_asked(opened.driver) == {running.base.removeprefix("http://")}


def test_what_fits_nowhere_and_what_cannot_be_imported_say_what_to_do(serving: Serving, opened: Browser) -> None:
    space, bucket = serving.registry.namespace, serving.registry.bucket
    upload(bucket, "ascend", for_engine("MindSpore", "model.om"))
    serving.registry.version("ascend", "1.0.0", runtime=CANN)
    upload(bucket, "broken", package(**{"model/config.json": "{"}))
    serving.registry.version("broken", "1.0.0")
    login(opened, person(serving.registry.kube, space, "editor", "edit"))
    opened.go(f"/n/{space}/versions/ascend-1.0.0")
    opened.until("nodes fit")
    faults = opened.look("fits-nowhere")
    assert "ArchitectureMismatch" in opened.text
    opened.go(f"/n/{space}/versions/broken-1.0.0")
    opened.until("ConfigInvalid")
    assert "What to do:" in opened.text
    faults += opened.look("failed-import")
    opened.go(f"/n/{space}/?phase=Failed")
    opened.until_offered("1.0.0")
    faults += opened.look("list")
    opened.go(f"/n/{space}/nodes")
    assert "aiapp-nodes-view" in opened.text, (
        "an editor of one namespace may not list nodes, and is told which role may"
    )
    faults += opened.look("refused")
    assert faults == []


def test_versions_stand_against_nodes_for_whoever_may_see_nodes(serving: Serving, opened: Browser) -> None:
    kube, space = serving.registry.kube, serving.registry.namespace
    upload(serving.registry.bucket, "ascend", for_engine("MindSpore", "model.om"))
    serving.registry.version("ascend", "1.0.0", runtime=CANN)
    login(opened, person(kube, space, "editor", "edit"))
    rbac = "rbac.authorization.k8s.io"
    binding = kube.create(
        {
            "apiVersion": f"{rbac}/v1",
            "kind": "ClusterRoleBinding",
            "metadata": {"name": f"{space}-sees-nodes"},
            "roleRef": {"apiGroup": rbac, "kind": "ClusterRole", "name": "aiapp-nodes-view"},
            "subjects": [{"kind": "ServiceAccount", "namespace": space, "name": "editor"}],
        }
    )

    def shown() -> bool:
        """Once the API server knows of the right, and the operator of the version."""
        opened.go(f"/n/{space}/nodes")
        assert "ArchitectureMismatch" in opened.text, opened.text
        return True

    try:
        eventually(shown, timeout=PAGE_SECONDS)
        assert opened.has("ascend-1.0.0")
        assert opened.look("nodes") == []
    finally:
        kube.delete(binding)


def test_whoever_may_only_read_sees_no_button_that_would_fail(serving: Serving, opened: Browser) -> None:
    space = serving.registry.namespace
    serving.upload("1.0.0", "one")
    serving.register()
    serving.serve(replicas=0)
    login(opened, person(serving.registry.kube, space, "viewer", "view"))
    opened.go(f"/n/{space}/applications/{NAME}")
    opened.until("1.0.0")
    buttons = ("Deploy", "Stop", "Restart", "Roll back", "Edit description", "Delete", "Approve the step")
    for path in (f"applications/{NAME}", f"versions/{NAME}-1.0.0"):
        opened.go(f"/n/{space}/{path}")
        assert [one for one in buttons if opened.has(one)] == []
    assert opened.look("viewer") == []
    opened.go(f"/n/{space}/applications/{NAME}/do/stop")
    assert "You may not do this" in opened.text
    assert not opened.has("Stop")


def test_an_application_is_stopped_by_keyboard_alone(serving: Serving, opened: Browser) -> None:
    space = serving.registry.namespace
    serving.upload("1.0.0", "one")
    serving.register()
    serving.serve(replicas=0)
    login(opened, person(serving.registry.kube, space, "editor", "edit"))
    opened.resize(NARROW, "light")
    opened.go(f"/n/{space}/applications/{NAME}")
    ActionChains(opened.driver).send_keys(Keys.TAB).perform()
    assert _focused(opened) == "Skip to the content"
    by_keyboard(opened, "Stop")
    opened.until("It has no pods any more")
    by_keyboard(opened, "Stop")
    opened.until("It is being stopped.")
    opened.until_offered("Start")
