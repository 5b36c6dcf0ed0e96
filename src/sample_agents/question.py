"""A question about costs, as understood. Pure."""

from dataclasses import dataclass

from sample_agents.costs import Dimension, Selection
from sample_agents.known_names import Named
from sample_agents.markdown import plain
from sample_agents.month import Period
from sample_agents.question_words import Kind


@dataclass(frozen=True)
class Question:
    """What is asked for; `str` says it in words."""

    kind: Kind
    periods: tuple[Period, ...] = ()
    names: tuple[Named, ...] = ()
    by: Dimension | None = None
    by_month: bool = False
    top: int | None = None
    notes: tuple[str, ...] = ()  # inert markdown: what the reader must know about how this was understood

    @property
    def selection(self) -> Selection:
        """The values asked for; several of one dimension count together."""
        chosen: dict[Dimension, frozenset[str]] = {}
        for named in self.names:
            chosen[named.dimension] = chosen.get(named.dimension, frozenset()) | named.values
        return chosen

    @property
    def subject(self) -> str:
        """What the costs are of, as inert markdown: `Amazon S3 in region us-east-1`."""
        labels: dict[Dimension, list[str]] = {}
        for named in self.names:
            labels.setdefault(named.dimension, []).append(plain(named.label))
        services = " and ".join(labels.pop(Dimension.SERVICE, ["all services"]))
        return services + "".join(
            f" {'at' if dimension is Dimension.PROVIDER else f'in {dimension.value}'} {' and '.join(names)}"
            for dimension, names in labels.items()
        )

    def __str__(self) -> str:
        """What was understood, as inert markdown: `cost of Amazon S3 in May 2026, by month`."""
        match self.kind:
            case Kind.SAVINGS:
                return f"savings in {self.subject}"
            case Kind.FORECAST:
                return f"forecast of the cost of {self.subject} for {self.periods[0]}"
            case Kind.COMPARISON:
                joint = " compared with " if len(self.periods) == 2 else ", "
                opening = f"cost of {self.subject} in {joint.join(map(str, self.periods))}"
            case Kind.COST:
                opening = f"cost of {self.subject} in {' and '.join(map(str, self.periods))}"
        parts = [opening]
        if self.by:
            parts.append(f"by {self.by.value}")
        if self.by_month:
            parts.append("by month")
        if self.top:
            parts.append(f"the {self.top} highest")
        return ", ".join(parts)
