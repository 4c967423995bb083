"""Where a rollout in steps stops: the steps of `spec`, and the whole way as the last one. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Self

from aiapp.api.steps import Step

WHOLE: Final = 100


@dataclass(frozen=True, slots=True)
class Stops:
    """They are told apart by their percent, so that a rollout keeps its place when other steps are edited."""

    steps: tuple[Step, ...]

    @classmethod
    def of(cls, steps: Sequence[Step]) -> Self:
        """`steps` in rising order."""
        whole = steps[-1].percent == WHOLE if steps else False
        return cls((*steps, *(() if whole else (Step(percent=WHOLE),))))

    def __len__(self) -> int:
        return len(self.steps)

    def at(self, percent: int) -> Step:
        """The step at which a rollout stands; one that is no longer in `spec` has neither a pause nor an approval."""
        return next((step for step in self.steps if step.percent == percent), Step(percent=percent or 1))

    def number(self, percent: int) -> int:
        """How many steps there are up to this percent; 0 before the first."""
        return sum(step.percent <= percent for step in self.steps)

    def after(self, percent: int) -> int | None:
        """The next one's percent; None when the whole way is gone."""
        return next((step.percent for step in self.steps if step.percent > percent), None)
