"""Who keeps an object as Git has it, and what of an object belongs into Git."""

import pytest

from aiapp.domain.kubernetes.keepers import Keeper, keeper, manifest, note
from aiapp.domain.kubernetes.resources import Json


@pytest.mark.parametrize(
    ("metadata", "found"),
    [
        pytest.param({}, None, id="nobody"),
        pytest.param({"managedFields": [{"manager": "kubectl-aiapp"}]}, None, id="a person"),
        pytest.param(
            {"annotations": {"argocd.argoproj.io/tracking-id": "shop:aiapp.dev/AIApplication:team/mnist"}},
            Keeper("Argo CD", "application shop"),
            id="Argo CD by annotation",
        ),
        pytest.param(
            {"labels": {"argocd.argoproj.io/instance": "shop"}}, Keeper("Argo CD", "application shop"), id="by label"
        ),
        pytest.param(
            {
                "labels": {
                    "kustomize.toolkit.fluxcd.io/name": "shop",
                    "kustomize.toolkit.fluxcd.io/namespace": "flux-system",
                }
            },
            Keeper("Flux", "Kustomization flux-system/shop"),
            id="Flux",
        ),
        pytest.param({"annotations": {"meta.helm.sh/release-name": "shop"}}, Keeper("Helm", "release shop"), id="Helm"),
        pytest.param(
            {"managedFields": [{"manager": "argocd-controller"}]}, Keeper("argocd-controller", ""), id="by its writes"
        ),
    ],
)
def test_the_tool_is_found_by_what_it_leaves(metadata: Json, found: Keeper | None) -> None:
    assert keeper({"metadata": metadata}) == found


def test_the_note_says_what_will_happen() -> None:
    told = note({"metadata": {"labels": {"argocd.argoproj.io/instance": "shop"}}})
    assert told == "Argo CD (application shop) keeps it as Git has it and may undo this: change it in Git as well"


def test_a_file_for_git_has_neither_status_nor_marks() -> None:
    found = {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "AIApplication",
        "metadata": {
            "name": "mnist",
            "namespace": "team",
            "uid": "1",
            "resourceVersion": "7",
            "labels": {"team": "vision", "argocd.argoproj.io/instance": "shop"},
            "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"},
        },
        "spec": {"description": "digits"},
        "status": {"phase": "Managed"},
    }
    assert manifest(found) == {
        "apiVersion": "aiapp.dev/v1alpha1",
        "kind": "AIApplication",
        "metadata": {"name": "mnist", "namespace": "team", "labels": {"team": "vision"}},
        "spec": {"description": "digits"},
    }
