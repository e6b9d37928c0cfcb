"""A new project folder: the built-in content, copied out to be edited."""

import shutil
from pathlib import Path

from constitution.collection import BUILT_IN as CONSTITUTION
from exempla.atomic import cannot_write
from exempla.errors import BadInput, Problem
from exempla.settings import FILE
from output.recipe import BUILT_IN as RECIPES
from prompts.library import BUILT_IN as PROMPTS

SETTINGS = """\
# What to run. Every key may be left out; 'exempla lint' names keys it does not know.
name: first                  # the run; its files go to runs/first

plan:
  items: 200                 # documents to write; a larger plan begins with the smaller one.
                             # Or accepted: 200, documents to keep after everything
  seed: 7
  kinds: {exposition: 0.35, story: 0.4, advice: 0.15, work: 0.1}
  # principles: {honesty: 2} # weights, 1 where nothing is said; 0 leaves one out

variant: full                # idea, draft, critique, revision; 'quick' writes one draft and
                             # costs a quarter
# persona: {name: Tolliver, maker: Brightwater, named: 0.5}   # whom the constitution is about,
                             # and the share of documents that name it

engine:
  name: auto                 # transformers | scripted (no model at all: a rehearsal in seconds)
  model: smollm2-135m        # tiny, runs anywhere, writes badly: name a serious one here,
                             # or with this one add 'kinds: small' above, for shorter prompts
  # args: {batch_size: 16}   # the engine's own options

sampling: {temperature: 1.0, top_p: 0.95}

checks:
  min_words: 150
  # maxim: reject            # any check: reject | flag (kept, and noted) | off

# decontaminate: [evals]     # evaluation texts to keep away from: files, patterns, folders

# judge: {}                  # has each document judged by prompts/rubric.yaml; at_least, allow and
                             # an engine of its own may be set in it

dedup:
  threshold: 0.7             # word 5-gram Jaccard from which the lesser of two documents is removed

mixes: [recipes/documents.yaml, recipes/chat.yaml]

# constitution: charter      # another folder of principles, as 'exempla import' makes one
# seeds: any                 # lets each seed serve every principle, and not only those it names
"""


def init(folder: Path) -> list[Path]:
    """Make a project folder.

    Returns:
        What was made.

    Raises:
        BadInput: the folder exists and is not empty, or cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise BadInput(
            Problem(
                "this is there already and not empty",
                "Name a new folder, so that nothing is overwritten.",
                str(folder),
            )
        )
    was_there = folder.exists()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for source, target, pattern in (
            (CONSTITUTION, "constitution", "*.md"),
            (PROMPTS, "prompts", "README.md"),
            (PROMPTS / "kinds", "prompts/kinds", "*/*"),
            (PROMPTS / "small", "prompts/small", "*/*"),
            (PROMPTS, "prompts", "rubric.yaml"),
            (PROMPTS / "judge", "prompts/judge", "*.j2"),
            (PROMPTS / "seeds", "prompts/seeds", "*.yaml"),
            (PROMPTS / "axes", "prompts/axes", "*.yaml"),
            (PROMPTS / "exemplars", "prompts/exemplars", "*.md"),
            (RECIPES, "recipes", "*.yaml"),
        ):
            for file in source.glob(pattern):
                place = folder / target / file.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, place)
        (folder / FILE).write_text(SETTINGS, encoding="utf-8")
        (folder / ".gitignore").write_text("runs/\n", encoding="utf-8")
    except OSError as error:
        _clear(folder, keep=was_there)
        raise cannot_write(folder, error) from error
    return sorted(path for path in folder.iterdir())


def _clear(folder: Path, *, keep: bool) -> None:
    """Take back what was made, so that the same command can be given again."""
    for path in folder.glob("*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)
        else:
            path.unlink(missing_ok=True)
    if not keep:
        shutil.rmtree(folder, ignore_errors=True)
