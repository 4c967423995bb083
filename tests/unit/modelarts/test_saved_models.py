"""Which folders hold a SavedModel, whatever a store lists."""

from aiapp.modelarts.model_files import is_numbered, saved_models


def test_of_very_many_saved_models_the_first_are_named_and_no_number_is_too_long() -> None:
    numbered = [f"{number}/saved_model.pb" for number in range(1000)]
    found = saved_models([*numbered, f"{'9' * 5000}/saved_model.pb", "saved_model.pbtxt", "saved_model.pb"])
    assert found[:3] == ["", "999/", "998/"]
    assert len(found) < 201
    assert not is_numbered(f"{'9' * 5000}/")
