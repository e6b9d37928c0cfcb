"""Plots of a mix as SVG: text made of whole numbers, the same bytes on every machine."""

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape

LETTER = 7
"""Pixels that a letter takes at most, on average, in the font size of the plots."""
ROW = 22
"""Pixels from one row of the table of counts to the next."""
HEAD = 64
"""Pixels above the bars, and above the first row of counts."""
FIELD = 220
"""Pixels that the highest bar takes."""
NARROWEST = 26
"""Pixels that a bar takes at least; a longer count above it makes all of them wider."""
NARROW = 360
"""Pixels that a plot is wide at least."""
COLOURS = ("#2f6690", "#d98e04", "#6a994e")
"""Of the series, in order; told apart in grey too."""
PALE, DARK, HOLE = (233, 241, 247), (47, 102, 144), "#f6d5d0"
"""Of the counts from few to many, and of none."""
_NO_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def histogram(title: str, series: Mapping[str, Mapping[int, int]]) -> str:
    """How values are distributed over ranges that double, a bar for each series and range.

    Args:
        title: Above the plot.
        series: By name, how many values there are by the upper end of their range; a range begins
            above half of it. Bars are shares of their series, so that small and large ones
            compare, and each says its count. At least one value.
    """
    ends = _doubling([end for counts in series.values() for end in counts])
    longest = max(len(f"{count:,}") for counts in series.values() for count in counts.values())
    bar = max(NARROWEST, LETTER * longest)
    group = bar * len(series) + 34
    left = 52
    width = max(NARROW, left + group * len(ends) + 12)
    wholes = {name: sum(counts.values()) for name, counts in series.items()}
    highest = max(
        -(-100 * count // wholes[name])
        for name, counts in series.items()
        for count in counts.values()
    )
    step = next(step for step in (5, 10, 20, 25) if highest <= 5 * step or step == 25)
    top = -(-highest // step) * step
    parts = [_title(title), *_legend(series, width)]
    for percent in range(0, top + 1, step):
        y = HEAD + FIELD - FIELD * percent // top
        parts.append(f'<path d="M{left} {y}H{width - 12}" stroke="#d8d8d8"/>')
        parts.append(_text(left - 8, y + 4, f"{percent} %", "end"))
    for place, end in enumerate(ends):
        x = left + 17 + group * place
        for number, (name, counts) in enumerate(series.items()):
            count = counts.get(end, 0)
            height = max(FIELD * 100 * count // (wholes[name] * top), int(count > 0))
            y = HEAD + FIELD - height
            parts.append(
                f'<rect x="{x + bar * number}" y="{y}" width="{bar - 2}" height="{height}" '
                f'fill="{COLOURS[number]}"/>'
            )
            if count:
                parts.append(_text(x + bar * number + bar // 2 - 1, y - 5, f"{count:,}", size=10))
        middle = x + bar * len(series) // 2
        parts.append(_text(middle, HEAD + FIELD + 18, f"{end // 2 + 1:,}" if end > 1 else ""))
        parts.append(_text(middle, HEAD + FIELD + 33, f"to {end:,}"))
    return _svg(title, width, HEAD + FIELD + 46, parts)


def heat_map(title: str, table: Mapping[str, Mapping[str, int]]) -> str:
    """A table of counts, the darker the more; what has none is marked.

    Args:
        title: Above the table.
        table: By column, the counts by row. The fullest rows come first.
    """
    totals: dict[str, int] = {}
    for by_row in table.values():
        for row, count in by_row.items():
            totals[row] = totals.get(row, 0) + count
    rows = sorted(totals, key=lambda row: (-totals[row], row))
    left = 24 + LETTER * max(len(row) for row in rows)
    cell = 24 + LETTER * max(8, *(len(column) for column in table))
    most = max(count for by_row in table.values() for count in by_row.values())
    parts = [_title(title)]
    for place, column in enumerate((*table, "all")):
        parts.append(_text(left + cell * place + cell // 2, HEAD - 10, column, weight="bold"))
    for line, row in enumerate(rows):
        y = HEAD + ROW * line
        parts.append(_text(left - 10, y + 15, row, "end"))
        for place, column in enumerate(table):
            count, x = table[column].get(row, 0), left + cell * place
            colour, ink = _shade(count, most)
            parts.append(
                f'<rect x="{x + 1}" y="{y + 1}" width="{cell - 2}" height="{ROW - 2}" '
                f'fill="{colour}"/>'
            )
            parts.append(_text(x + cell // 2, y + 15, f"{count:,}", colour=ink))
        parts.append(_text(left + cell * len(table) + cell // 2, y + 15, f"{totals[row]:,}"))
    width = left + cell * (len(table) + 1) + 12
    return _svg(title, max(width, NARROW), HEAD + ROW * len(rows) + 14, parts)


def _doubling(ends: Sequence[int]) -> list[int]:
    """The ends of every range from the lowest to the highest, empty ones in between too."""
    found = [min(ends)]
    while found[-1] < max(ends):
        found.append(2 * found[-1])
    return found


def _shade(count: int, most: int) -> tuple[str, str]:
    """The colours of a cell and of what is written in it."""
    if not count:
        return HOLE, "#8c2f22"
    shade = [pale + (dark - pale) * count // most for pale, dark in zip(PALE, DARK, strict=True)]
    return "#" + "".join(f"{part:02x}" for part in shade), "#fff" if 2 * count > most else "#1a1a1a"


def _legend(series: Mapping[str, object], width: int) -> Iterator[str]:
    x = 12
    for number, name in enumerate(series):
        yield f'<rect x="{x}" y="{HEAD - 28}" width="10" height="10" fill="{COLOURS[number]}"/>'
        yield _text(x + 16, HEAD - 19, name, "start")
        x += 40 + LETTER * len(name)


def _title(title: str) -> str:
    return _text(12, 22, title, "start", size=14, weight="bold")


def _text(
    x: int,
    y: int,
    text: str,
    anchor: str = "middle",
    *,
    size: int = 12,
    weight: str = "normal",
    colour: str = "#1a1a1a",
) -> str:
    return (
        f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" font-weight="{weight}" '
        f'fill="{colour}">{escape(_NO_XML.sub(" ", text))}</text>'
    )


def _svg(title: str, width: int, height: int, parts: Sequence[str]) -> str:
    # A ground of its own: pages are dark or light.
    return "\n".join(
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" '
            f'viewBox="0 0 {width} {height}" font-family="system-ui, sans-serif" role="img">',
            f"<title>{escape(title)}</title>",
            f'<rect width="{width}" height="{height}" rx="6" fill="#fff"/>',
            *parts,
            "</svg>",
            "",
        )
    )
