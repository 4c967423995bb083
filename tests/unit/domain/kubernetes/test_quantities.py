"""Kubernetes quantities as numbers, and back."""

from decimal import Decimal

import pytest

from aiapp.domain.kubernetes.quantities import quantity, written


@pytest.mark.parametrize(
    ("text", "number"),
    [
        pytest.param("2", Decimal(2), id="a number"),
        pytest.param(2, Decimal(2), id="no text at all"),
        pytest.param("500m", Decimal("0.5"), id="thousandths"),
        pytest.param("1.5Gi", Decimal(3 * 2**29), id="of two"),
        pytest.param("1k", Decimal(1000), id="of ten"),
        pytest.param("1e3", Decimal(1000), id="an exponent"),
        pytest.param("+.5", Decimal("0.5"), id="a sign and no whole part"),
        pytest.param("1Q", None, id="another unit"),
        pytest.param("1e99999999999999999999", None, id="an exponent beyond all numbers"),
        pytest.param("", None, id="nothing"),
        pytest.param(None, None, id="none"),
        pytest.param("\u0661", None, id="other digits"),
    ],
)
def test_a_quantity_is_a_number(text: object, number: Decimal | None) -> None:
    assert quantity(text) == number


@pytest.mark.parametrize(("number", "text"), [(Decimal(2**30), "1073741824"), (Decimal("0.1001"), "101m")])
def test_a_number_is_written_as_a_quantity_of_at_least_that(number: Decimal, text: str) -> None:
    assert written(number) == text
