"""Looks: contrast by WCAG 2.1, and kinds that differ in more than colour."""

from itertools import combinations

import pytest

from graphflow.viz import theme


def luminance(colour):
    """Relative luminance, WCAG 2.1."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a, b):
    """Contrast ratio, WCAG 2.1."""
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def test_the_contrast_formula_gives_the_published_extremes():
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_all_text_and_lines_have_a_contrast_of_4_5(name):
    look = theme.THEMES[name]
    pairs = [(look.faint, look.background), (look.faint, look.cluster)]
    pairs += [(look.edge, look.cluster), (look.gradient_edge, look.cluster)]
    pairs += [(look.highlight, look.background), (look.highlight, look.cluster)]
    for ink in look.inks.values():
        pairs += [(look.text, ink.fill), (ink.line, look.background), (ink.line, look.cluster)]
    assert min(contrast(*pair) for pair in pairs) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_times_values_and_changes_have_a_contrast_of_4_5(name):
    look = theme.THEMES[name]
    pairs = [(look.text, fill) for fill in look.heat]
    pairs += [(look.alarm.line, look.alarm.fill), (look.alarm.line, look.cluster)]
    for mark in theme.MARKS:
        ink = look.marks[mark]
        pairs += [(look.text, ink.fill), (ink.line, look.background), (ink.line, look.cluster)]
    assert min(contrast(*pair) for pair in pairs) >= 4.5


@pytest.mark.parametrize("name", ["light", "dark"])
def test_more_time_is_told_in_greyscale_too(name):
    shades = [luminance(fill) for fill in theme.THEMES[name].heat]
    assert len(shades) == theme.HEATS
    assert sorted(shades, reverse=name == "light") == shades
    assert len(set(shades)) == theme.HEATS


def test_kinds_differ_without_colour():
    for a, b in combinations(theme.OUTLINES.values(), 2):
        assert (a.shape, a.style) != (b.shape, b.style)


@pytest.mark.parametrize("name", ["light", "dark"])
def test_every_kind_has_colours_of_its_own(name):
    inks = theme.THEMES[name].inks
    assert list(inks) == list(theme.OUTLINES)
    assert len({ink.line for ink in inks.values()}) == len(inks)
