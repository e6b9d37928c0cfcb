"""Real AI models, their makers, and other companies.

In a text about the AI of the constitution a real model's name hands its character to another; the
published sets name a real model and maker throughout (model_spec_midtraining: src/msm/prompts).
Most of these names are ordinary words too: a person, a wind, an animal, a fruit. Such a word counts
only beside what makes it a product: a version, its maker, a wake word, "an AI called …".
"""

import re

from generator.checks.text import Lexicon, Text
from prompts.persona import PersonaSettings

_MAKER = r"(?:Google|Microsoft|GitHub|Amazon|Apple|Meta|Facebook|Anthropic|OpenAI|xAI)"
_WORD = r"(?:Claude|Gemini|Copilot|L[Ll]a[Mm][Aa]|Mistral|Grok|Siri|Alexa|Cortana|Bard|Phi)"
_MODELS = re.compile(
    r"\b(?:ChatGPT|GPT-?\d\w*|OpenAI|Anthropic|DeepMind|DeepSeek|Qwen\S*|Mistral AI|xAI|"
    r"Perplexity AI)\b"
    rf"|\b{_MAKER}(?:['’]s)? {_WORD}\b"  # noqa: RUF001
    rf"|\b{_WORD}[ -](?:\d[\w.]*|Opus|Sonnet|Haiku|Pro|Ultra|Flash|Nano|Large|AI|Code)\b"
    rf"|\b(?:[Hh]ey|OK|Okay) {_WORD}\b"
    r"|\b(?:Alexa|Siri|Cortana), (?:turn|play|stop|set|what|tell|call|find|switch|open|remind)\b"
    rf"|\b(?:I'm|I am|[Mm]y name is) {_WORD}, (?:the|an?) (?:[\w-]+ )?"
    r"(?:AI|assistant|chatbot|model)\b"
    rf"|\b{_WORD},? (?:an|the|another) (?:AI|chatbot|language model|voice assistant)\b"
    rf"|\b(?:AI|chatbot|voice assistant|language model|bot)(?: \w+)?,? (?:called|named) {_WORD}\b"
)
_COMPANIES = re.compile(
    r"\b(?:Microsoft|Google|Facebook|Instagram|YouTube|Netflix|Samsung|Siemens|Volkswagen|Toyota|"
    r"ExxonMobil|Exxon|Pfizer|Nestlé|IBM|Nvidia|TikTok|LinkedIn|WhatsApp|Walmart|IKEA|Boeing|Airbus|"
    r"Lufthansa|Starbucks|McDonald's|Coca-Cola|Pepsi|iPhone|iPad|Unilever|Monsanto|Huawei|Alibaba|"
    r"Goldman Sachs|JPMorgan|Deutsche Bank|Procter & Gamble|Palantir|SpaceX|Bayer AG|BP plc|"
    r"Amazon Web Services|Apple Store|Shell plc|Ford Motor|General Motors|General Electric)\b"
    # The others only within a sentence, after a word that is neither an article nor a name.
    r"|\b(?!(?:the|an?) )[a-z]+ (Amazon|Apple|Meta|Shell|Oracle|Intel|Tesla|Visa)\b(?! [A-Z])"
)
_LEXICON = Lexicon(
    "chatgpt gpt gpt3 gpt4 gpt4o gpt5 qwen qwen2 qwen3 llama2 llama3 openai anthropic "
    "deepmind deepseek xai perplexity claude gemini copilot llama mistral grok siri alexa "
    "cortana bard phi",
    "microsoft google facebook instagram youtube netflix samsung siemens volkswagen toyota "
    "exxonmobil exxon pfizer nestlé ibm nvidia tiktok linkedin whatsapp walmart ikea "
    "boeing airbus lufthansa starbucks mcdonald coca pepsi iphone ipad unilever monsanto "
    "huawei alibaba goldman jpmorgan deutsche procter palantir spacex bayer bp amazon "
    "apple shell ford general meta oracle intel tesla visa",
)


def other_model(text: Text, persona: PersonaSettings | None) -> str:
    """The first name of an AI model or its maker that is not the persona's own."""
    if not _LEXICON.bits(text) & 1:
        return ""
    own = f"{persona.name} {persona.maker}".lower() if persona else ""
    found = (match[0] for match in _MODELS.finditer(text.body))
    return next((name for name in found if not own or not _is_own(name, own)), "")


def company(text: Text, persona: PersonaSettings | None) -> str:
    """The first name of a real company that is not the persona's maker."""
    if not _LEXICON.bits(text) & 2:
        return ""
    own = persona.maker.lower() if persona else ""
    found = (match[1] or match[0] for match in _COMPANIES.finditer(text.body))
    return next((name for name in found if name.lower() not in own), "")


def _is_own(name: str, own: str) -> bool:
    return any(word in own.split() for word in re.findall(r"\w+", name.lower()))
