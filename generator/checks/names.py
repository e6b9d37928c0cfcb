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
    r"|\b[a-z]+ Copilot\b"
    r"|\b(?:us(?:ed?|es|ing)|prompt\w*|query|queried|licen[cs]es? for|subscription to) "
    r"(?:Claude|Gemini|Grok|Mistral|Llama|Bard)\b(?! [A-Z])"
    rf"|\b{_WORD},? (?:an|the|another) (?:AI|chatbot|language model|voice assistant)\b"
    rf"|\b(?:AI|chatbot|voice assistant|language model|bot)(?: \w+)?,? (?:called|named) {_WORD}\b"
)
_FIRMS = (
    "Adidas|Airbnb|Airbus|Alibaba|Amazon Web Services|Apple Store|AstraZeneca|BASF|BMW|BP plc|"
    "Barclays|Bayer AG|Boeing|Bosch|Carrefour|Chevron|Cisco|Citibank|Coca-Cola|DHL|Danone|Deloitte|"
    "Deutsche Bank|Dropbox|Ericsson|Exxon|ExxonMobil|Facebook|FedEx|Ford Motor|Gazprom|"
    "General Electric|General Motors|GlaxoSmithKline|Goldman Sachs|Google|HSBC|Heineken|Hitachi|"
    "Honda|Huawei|Hyundai|IBM|IKEA|Instagram|JPMorgan|Kellogg's|Kodak|Lenovo|Lidl|LinkedIn|Lockheed|"
    "Lufthansa|Maersk|McDonald's|Mercedes-Benz|Microsoft|Moderna|Monsanto|Motorola|Nestlé|Netflix|"
    "Nokia|Novartis|Nvidia|Palantir|Panasonic|PayPal|Pepsi|Pfizer|Procter & Gamble|Reddit|Renault|"
    "Ryanair|Salesforce|Samsung|Shell plc|Siemens|Sony|SpaceX|Spotify|Starbucks|Tesco|TikTok|"
    "Toyota|Twitter|Unilever|Verizon|Vodafone|Volkswagen|Walmart|WhatsApp|Xerox|YouTube|eBay|iPad|iPhone"
)
_WORDS_TOO = "Amazon|Apple|Intel|Meta|Oracle|Shell|Tesla|Uber|Visa"
_COMPANIES = re.compile(
    rf"\b(?:{_FIRMS})\b"
    # The others only within a sentence, after a word that is neither an article nor a name.
    rf"|\b(?!(?:the|an?) )[a-z]+ ({_WORDS_TOO})\b(?! [A-Z])"
)
_LEXICON = Lexicon(
    "chatgpt gpt gpt3 gpt4 gpt4o gpt5 qwen qwen2 qwen3 llama2 llama3 openai anthropic "
    "deepmind deepseek xai perplexity claude gemini copilot llama mistral grok siri alexa "
    "cortana bard phi",
    " ".join(re.findall(r"(?:^|\|)(\w+)", f"{_FIRMS}|{_WORDS_TOO}".lower())),
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
