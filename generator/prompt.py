"""What the model sees: an item's words put into a stage's template."""

from collections.abc import Mapping, Sequence
from typing import Any

from constitution.collection import Constitution
from constitution.principle import Principle
from generator.engine import Message
from generator.item import Item
from prompts.answer import Answer, Fields
from prompts.kind import StageSpec
from prompts.library import Library
from prompts.persona import PERSONA, persona_fields
from prompts.seed import WRITTEN


def principle_fields(principle: Principle) -> dict[str, Any]:
    """A principle as templates are given it."""
    return {
        "id": principle.id,
        "title": principle.title,
        "statement": principle.statement,
        "why": principle.why,
        "in_practice": principle.points("In practice"),
        "tensions": principle.points("Tensions"),
    }


class Prompter:
    """Renders the messages of any stage of any item."""

    def __init__(self, constitution: Constitution, library: Library) -> None:
        self._library = library
        self._pieces = {
            exemplar.id: {"title": exemplar.title, "text": exemplar.text}
            for exemplar in library.exemplars.values()
        }
        self._personas = {
            value.id: persona_fields(library.persona, value.id)
            for value in library.dealt[PERSONA].values
        }
        self._clauses = {
            clause.id: clause.text
            for principle in constitution.principles
            for clause in principle.clauses
        }
        self._principles: dict[str, dict[str, Any]] = {
            principle.id: principle_fields(principle) for principle in constitution.principles
        }
        self._seeds = {
            seed.id: seed.fields.model_dump(include=WRITTEN) for seed in library.seeds.values()
        }
        # Kept whole, so that who looks them up finds them by identity.
        self._passages = {
            **{
                f"principle {id}": f"{shown['statement']}\n\n{shown['why']}"
                for id, shown in self._principles.items()
            },
            **{f"seed {id}": "\n\n".join(shown.values()) for id, shown in self._seeds.items()},
            **{
                f"kind {kind.name}": "\n\n".join(s.template.source for s in kind.stages)
                for kind in library.kinds.values()
            },
        }
        self._systems = {
            kind.name: (Message("system", kind.system.render({})),) if kind.system else ()
            for kind in library.kinds.values()
        }

    def clause(self, name: str) -> str | None:
        """The text of a clause; None where the constitution has none of that id."""
        return self._clauses.get(name)

    def messages(
        self,
        item: Item,
        stage: StageSpec,
        answers: Mapping[str, Answer],
        earlier: Sequence[Fields] = (),
    ) -> tuple[Message, ...]:
        """The conversation to put to the model for one stage.

        Args:
            item: What the document is written from.
            stage: A stage of the item's kind.
            answers: Of the stages before it, by name.
            earlier: Ideas that were taken before in the item's chain.

        Raises:
            BadInput: the template cannot be rendered for this item.
        """
        values = {name: self._value(name, item, answers, earlier) for name in stage.uses}
        return (*self._systems[item.kind], Message("user", stage.template.render(values)))

    def passages(self, item: Item) -> list[str]:
        """What the prompts of an item say, apart from what is dealt and from exemplars.

        The principle's statement and reasons, its clause, what a writer is shown of the seed, and
        the words of the kind's templates.
        """
        seed = [self._passages[f"seed {item.seed}"]] if item.seed else []
        return [
            self._passages[f"principle {item.principle}"],
            self._clauses[item.clause],
            *seed,
            self._passages[f"kind {item.kind}"],
        ]

    def _value(
        self, name: str, item: Item, answers: Mapping[str, Answer], earlier: Sequence[Fields]
    ) -> Any:
        match name:
            case "principle":
                return self._principles[item.principle]
            case "clause":
                return self._clauses[item.clause]
            case "seed":
                return self._seeds[item.seed] if item.seed else None
            case "persona":
                return self._personas[item.axes[PERSONA]]
            case "exemplars":
                shown = self._library.shown(item.kind, item.axes)
                return [self._pieces[exemplar.id] for exemplar in shown]
            case "earlier":
                return earlier
        if name in item.words:
            return item.words[name]
        return None if name in self._library.kinds[item.kind].left_out else answers[name]
