"""Writes dynamicprompts.json: what dynamicprompts 0.31.0 (CombinatorialPromptGenerator) makes of the templates below.

    pip install dynamicprompts==0.31.0
    python golden.py > dynamicprompts.json

Sorting of wildcards is switched off there, since easel keeps the order of a list.
"""
import json
import logging
from importlib.metadata import version

from dynamicprompts.generators import CombinatorialPromptGenerator
from dynamicprompts.wildcards import WildcardManager

LISTS = {
    "art/style": ["oil", "ink"],
    "colors": ["red", "blue", "green"],
    "colors-cold": ["blue", "teal"],
    "nest": ["{a|b} x", "plain", "__colors-cold__"],
    "one": ["solo"],
    "twice": ["same", "same", "other"],
}

TEMPLATES = r"""
plain text
a|b
(a|b) [c|d] (e:1.2)
a, b_c, d-e
http://x.y/{a|b}
{a // b|c}
C:\dir {a|b}
{a|b|c}
{a}
{}
{ }
{||}
{a|}
{|a}
{a| }
{1::a}
x {a|b}{c|d} y
{a|b}, {c|d}, {e|f}
{ a | b  c | d}
x { a | b } y
x{ a}y
{a |b}c
{a,|b}c
é{ü|漢}
{{a|b}|c}
{{a|b} |c}
{ {a|b}|c}
{{a|b}|a}
{a|a}
{a|b|{c|{d|e}}}
{a {b|c} d|e}
{a|{b|c} {d|e}|}
{2$$a|b|c}
{2$$ a | b | c }
{ 2$$a|b|c}
{!2$$a|b}
{2$$!a|b}
{2$$ and $$a|b|c}
{2$$, $$a|b|c}
{2$$ , $$a|b|c}
{2$$|$$a|b|c}
{2$$ - $$a|b}
{2$$a b|c d}
{2$$a|b}
{3$$a|b}
{0$$a|b}
{00$$a|b}
{1$$a|b}
{0-1$$a|b}
{0-$$a|b}
{-2$$a|b|c}
{-3$$a|b}
{1-$$a|b|c}
{3-$$a|b}
{1-2$$a|b|c}
{01-02$$a|b}
{2-1$$a|b|c}
{-2$$-$$a|b|c}
{1-2$$, $$a|b} {c|d}
{2$$a|a|b}
{2$$a|{b|c}}
{2$$a|{b|c}|d}
{3$$a|{b|c}|d}
{2$$a||b}
{3$$a|b|}
{2$$a,|b|,c}
{2$$a|b}{2$$a|b}
{2$$b|a $$c}
{2$$}
{2$$x|{2$$a|b|c}}
{2$$1::a|2::b}
{2::a|b}
{2.5::a|b}
{.5::a|b}
{ 2::a|b}
{2:: a|b}
{2 ::a|b}
{2::a::b|c}
{x::a|b}
{2::|b}
{0::a|b}
{-1::a|b}
{::a|b}
{2$$2::a|b|1::c}
{!a|b}
{ ! a|b}
{(a|b)|c}
{a:1.2|b}
__colors__
__!colors__
x __colors__ y
__colors____one__
__colors__ __one__
__color*__
__colors*__
__colors**__
__colors-*__
__colo?s__
__[cC]olors__
__col[!x]rs__
__style__
__art/style__
__art/*__
__*/style__
__nest__
__twice__
{__colors__}
{__colors__|__one__}
{red|__colors__}
{__colors__|red}
{x __colors__|y}
{2$$__colors__}
{2$$3::__colors__}
{1$$__colors__}
{5$$__colors__}
{0-1$$__colors__}
{1-2$$__colors__}
{1-$$__colors__}
{2-$$__colors__}
{-2$$__colors__}
{2$$ and $$__colors__}
{2$$ $$__colors__} and __one__
{2$$__colors__ }
{2$$__colors__|x}
{2$$__nest__}
{2$$__twice__}
__colors__, {2$$__colors-cold__}
""".strip("\n").split("\n")
TEMPLATES += ["", "  {a|b}  ", "a\n{b|c}\nd", "{a\n|\nb}", "{\ta|b}"]

logging.disable(logging.CRITICAL)
manager = WildcardManager(root_map={"": [LISTS]})
manager.sort_wildcards = False
generator = CombinatorialPromptGenerator(wildcard_manager=manager)
print(json.dumps({
    "made_with": f"dynamicprompts {version('dynamicprompts')}, CombinatorialPromptGenerator, wildcards unsorted",
    "lists": LISTS,
    "cases": [{"template": t, "texts": generator.generate(t, 1000)} for t in TEMPLATES],
}, ensure_ascii=False, indent=1))
