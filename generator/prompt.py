"""What the model sees: an item's words put into a stage's template."""

from collections.abc import Mapping
from typing import Any

from constitution.collection import Constitution
from generator.engine import Message
from generator.item import Item
from prompts.constraint import Answer
from prompts.kind import StageSpec
from prompts.library import Library
from prompts.seed import WRITTEN


class Prompter:
    """Renders the messages of any stage of any item."""

    def __init__(self, constitution: Constitution, library: Library) -> None:
        self._library = library
        self._clauses = {
            clause.id: clause.text
            for principle in constitution.principles
            for clause in principle.clauses
        }
        self._principles: dict[str, dict[str, Any]] = {
            principle.id: {
                "id": principle.id,
                "title": principle.title,
                "statement": principle.statement,
                "why": principle.why,
                "in_practice": principle.points("In practice"),
                "tensions": principle.points("Tensions"),
            }
            for principle in constitution.principles
        }
        self._seeds = {
            seed.id: seed.fields.model_dump(include=WRITTEN) for seed in library.seeds.values()
        }
        self._systems = {
            kind.name: (Message("system", kind.system.render({})),) if kind.system else ()
            for kind in library.kinds.values()
        }

    def messages(
        self, item: Item, stage: StageSpec, answers: Mapping[str, Answer]
    ) -> tuple[Message, ...]:
        """The conversation to put to the model for one stage.

        Args:
            item: What the document is written from.
            stage: A stage of the item's kind.
            answers: Of the stages before it, by name.

        Raises:
            BadInput: the template cannot be rendered for this item.
        """
        values = {name: self._value(name, item, answers) for name in stage.uses}
        return (*self._systems[item.kind], Message("user", stage.template.render(values)))

    def _value(self, name: str, item: Item, answers: Mapping[str, Answer]) -> Any:
        if name == "principle":
            return self._principles[item.principle]
        if name == "clause":
            return self._clauses[item.clause]
        if name == "seed":
            return self._seeds[item.seed] if item.seed else None
        if name in item.words:
            return item.words[name]
        return answers[name]
