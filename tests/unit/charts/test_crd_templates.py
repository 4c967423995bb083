"""The CRDs of a chart are the generated ones, word for word, with what Helm adds."""

from charts.crd_templates import crd_template

CRD = "kind: CustomResourceDefinition\nmetadata:\n  annotations:\n    a: b\n  name: x\nspec: {}\n"


def test_braces_in_a_description_are_text_and_no_template() -> None:
    template = crd_template(CRD + "description: '{{ x }}'\n", labels="c.labels", keep=".Values.keep")
    assert template.endswith("""description: '{{ "{{" }} x }}'\n""")


def test_a_condition_encloses_the_whole_of_it() -> None:
    template = crd_template(CRD, labels="c.labels", keep=".Values.crds.keep", condition=".Values.crds.enabled")
    assert template.startswith("{{- if .Values.crds.enabled }}\nkind:")
    assert template.endswith("spec: {}\n{{- end }}\n")
