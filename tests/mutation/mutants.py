"""The small mistakes that can be planted into a C++ source: mutants(path, text) lists them in the order of the text.

It reads tokens, not a grammar. It relies on the project's formatting: binary operators have spaces around them, the
angle brackets of templates and the ampersands of references have not. What it gets wrong does not compile and is not
counted.
"""

import bisect
import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"""(?P<blank>\s+|//[^\n]*|/\*.*?\*/|^[ \t]*\#(?:[^\n]*\\\n)*[^\n]*)
    |(?P<string>R"(?P<edge>[^\s()\\]{0,16})\(.*?\)(?P=edge)"|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])+')
    |(?P<number>0[xX][0-9a-fA-F']+|\d[\d']*(?:\.\d+)?(?:[eE][+-]?\d+)?[uUlLfF]*)
    |(?P<word>[A-Za-z_]\w*)
    |(?P<mark><=>|<<=|>>=|->\*|\.\.\.|::|->|\+\+|--|<<|&&|\|\||[-<>=!+*/%&|^]=|.)""",
    re.DOTALL | re.MULTILINE | re.VERBOSE)

RELATIONS = {  # the negation, and the operator that differs for one value only
    "<": [("relation", ">="), ("boundary", "<=")], "<=": [("relation", ">"), ("boundary", "<")],
    ">": [("relation", "<="), ("boundary", ">=")], ">=": [("relation", "<"), ("boundary", ">")],
    "==": [("relation", "!=")], "!=": [("relation", "==")],
}
SWAPS = {  # marks with spaces around them
    "&&": ("and-or", "||"), "||": ("and-or", "&&"), "+": ("plus-minus", "-"), "-": ("plus-minus", "+"),
    "+=": ("plus-minus", "-="), "-=": ("plus-minus", "+="),
}
OTHER_CALL = {  # after `::`, `.` or `->`
    "min": ("min-max", "max"), "max": ("min-max", "min"),
    "min_element": ("min-max", "max_element"), "max_element": ("min-max", "min_element"),
    "any_of": ("any-all", "all_of"), "all_of": ("any-all", "any_of"), "none_of": ("any-all", "any_of"),
    "lower_bound": ("off-by-one", "upper_bound"), "upper_bound": ("off-by-one", "lower_bound"),
    "front": ("off-by-one", "back"), "back": ("off-by-one", "front"),
    "floor": ("off-by-one", "ceil"), "ceil": ("off-by-one", "floor"),
}
TEXT_FIELDS = {"message", "hint"}
NOT_A_CALL = {"return", "if", "for", "while", "do", "else", "switch", "case", "default", "throw", "new", "delete",
              "sizeof", "assert", "const", "constexpr", "static", "auto", "using", "template", "namespace", "struct",
              "class", "enum"}
PAIRS = {"(": ")", "[": "]", "{": "}"}


@dataclass(frozen=True)
class Mutant:
    path: str
    line: int
    column: int
    operator: str
    start: int
    end: int
    now: str

    @property
    def id(self):
        return f"{self.path}:{self.line}:{self.column}:{self.operator}"

    def apply(self, text):
        return text[:self.start] + self.now + text[self.end:]


@dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


class Source:
    """The tokens of one file, which bracket closes which, and which tokens only make text for people."""

    def __init__(self, text):
        self.text = text
        self.tokens = [Token(match.lastgroup if match.lastgroup != "edge" else "string", match.group(), *match.span())
                       for match in TOKEN.finditer(text) if match.lastgroup != "blank"]
        self.other = {}  # index of a bracket -> index of its partner
        stack = []
        for i, token in enumerate(self.tokens):
            if token.kind != "mark":
                continue
            if token.text in PAIRS:
                stack.append(i)
            elif stack and token.text == PAIRS[self.tokens[stack[-1]].text]:
                opening = stack.pop()
                self.other[opening], self.other[i] = i, opening
        self.quiet = self.find_quiet()

    def word(self, i):
        return self.tokens[i].text if 0 <= i < len(self.tokens) and self.tokens[i].kind != "string" else ""

    def between(self, first, last):
        return self.text[self.tokens[first].start:self.tokens[last].end]

    def spaced(self, i):
        token = self.tokens[i]
        return self.text[token.start - 1].isspace() and self.text[token.end].isspace()

    def statement_end(self, i):
        """The index of the semicolon or bracket that ends the statement with token i, past the brackets inside it."""
        while i < len(self.tokens) and self.word(i) not in (";", "}", ")"):
            i = self.other.get(i, i) + 1 if self.word(i) in PAIRS else i + 1
        return i

    def find_quiet(self):
        """Tokens where nothing is planted: text for people, assertions, and what is only declared."""
        quiet = set()
        for i, token in enumerate(self.tokens):
            following = self.word(i + 1)
            if token.text in ("format", "assert", "static_assert") and following == "(":
                quiet.update(range(i + 1, self.other.get(i + 1, i + 1) + 1))
            elif token.text in TEXT_FIELDS and following in ("=", "+="):
                quiet.update(range(i, self.statement_end(i)))
            elif token.text in ("using", "enum", "template", "operator"):
                end = i + 3 if token.text == "operator" else self.statement_end(i)
                if token.text == "template":  # only its parameters
                    end = next((k for k in range(i, len(self.tokens)) if self.text[self.tokens[k].end] == "\n"), i)
                elif token.text == "enum":
                    end = next((self.other.get(k, k) for k in range(i, len(self.tokens)) if self.word(k) in "{;"), i)
                quiet.update(range(i, end))
        return quiet


def mutants(path, text):
    source = Source(text)
    starts = [0] + [match.end() for match in re.finditer("\n", text)]
    found = []

    def plant(operator, first, last, now):
        start, end = source.tokens[first].start, source.tokens[last].end
        line = bisect.bisect_right(starts, start)
        found.append(Mutant(path, line, start - starts[line - 1] + 1, operator, start, end, now))

    in_bool = bool_functions(source)
    for i in range(len(source.tokens)):
        if i in source.quiet:
            continue
        plant_operators(source, i, plant)
        plant_words(source, i, plant)
        plant_statements(source, i, plant)
        if source.word(i) == "return" and any(first < i < last for first, last in in_bool):
            end = source.statement_end(i)
            if is_plain(source, i + 1, end):
                plant("return", i + 1, end - 1, f"!({source.between(i + 1, end - 1)})")
    return sorted(found, key=lambda mutant: (mutant.start, mutant.operator))


def plant_operators(source, i, plant):
    token = source.tokens[i]
    if token.kind == "number":
        plant("constant", i, i, other_number(token.text))
    if token.kind != "mark":
        return
    if token.text in RELATIONS and source.spaced(i):
        for operator, now in RELATIONS[token.text]:
            plant(operator, i, i, now)
    elif token.text in SWAPS and source.spaced(i):
        beside = source.tokens[max(i - 1, 0):i + 2]
        if not any(neighbour.kind == "string" for neighbour in beside) and source.word(i + 1) != "fmt":
            plant(SWAPS[token.text][0], i, i, SWAPS[token.text][1])
    elif token.text == "!":
        plant("not", i, i, "")


def other_number(text):
    digits = re.match(r"0[xX][0-9a-fA-F']+|[\d'.]+(?:[eE][+-]?\d+)?", text).group()
    plain, suffix = digits.replace("'", ""), text[len(digits):]
    if re.fullmatch(r"\d+", plain):
        return str({0: 1, 1: 0}.get(int(plain), int(plain) + 1)) + suffix
    return f"({text} + 1)"


def plant_words(source, i, plant):
    word, before, after = source.word(i), source.word(i - 1), source.word(i + 1)
    if word in ("true", "false"):
        plant("bool", i, i, "false" if word == "true" else "true")
    elif word in OTHER_CALL and after in ("(", "<") and before in ("::", ".", "->"):
        is_limit = word in ("min", "max") and source.word(i - 2) != "std"  # numeric_limits<int>::max()
        if not is_limit:
            plant(OTHER_CALL[word][0], i, i, OTHER_CALL[word][1])
    elif word == "begin" and before in (".", "->") and after == "(" and source.word(i + 2) == ")":
        first = i - 1
        while source.word(first) in (".", "->", "::") and re.match(r"\w", source.word(first - 1)):
            first -= 2
        if first < i - 1:
            plant("off-by-one", first + 1, i + 2, f"std::next({source.between(first + 1, i + 2)})")
    elif word in ("if", "while") and after == "(":
        closing = source.other.get(i + 1)
        if closing and is_plain(source, i + 2, closing):
            plant("condition", i + 1, closing, f"(!{source.between(i + 1, closing)})")


def is_plain(source, first, end):
    """Whether the tokens are one value that no other operator here turns around."""
    words = [source.word(k) for k in range(first, end)]
    if not words or words[0] in ("true", "false"):
        return False
    return not any(word in RELATIONS and source.spaced(first + k) or word in ("&&", "||", "!", "=", ";", "?", "[")
                   for k, word in enumerate(words))


def plant_statements(source, i, plant):
    """Statements to leave out: a call whose result is unused, an increment, a jump that is the whole body of an if."""
    before = source.word(i - 1)
    after_if = before == ")" and source.word(source.other.get(i - 1, 0) - 1) == "if"
    after_head = before == ")" and source.word(source.other.get(i - 1, 0) - 1) in ("if", "for", "while")
    if not (before in (";", "{", "}", "else") or after_head or before == ":" and ends_label(source, i - 1)):
        return
    if source.word(i) in ("return", "continue", "break"):
        if after_if:
            plant("jump", i, source.statement_end(i) - 1, "(void)0")
        return
    if source.word(i) in ("++", "--"):
        end = source.statement_end(i)
        if source.word(end) == ";":  # and not the head of a for
            plant("count", i, end - 1, "(void)0")
        return
    last = end_of_call(source, i)
    if last and source.word(last + 1) == ";":
        plant("call", i, last, "(void)0")


def ends_label(source, i):
    """Whether the colon at token i belongs to a case, not to a choice between two values."""
    while i > 0 and source.word(i - 1) not in (";", "{", "}", "?"):
        i -= 1
    return source.word(i) in ("case", "default")


def end_of_call(source, i):
    """The closing bracket of `a.b->c::d(...).e(...)` that begins at token i; None when something else begins there."""
    last = None
    while re.match(r"[A-Za-z_]", source.word(i)) and source.word(i) not in NOT_A_CALL:
        i += 1
        while source.word(i) in ("(", "[") and i in source.other:
            last = source.other[i] if source.word(i) == "(" else None
            i = source.other[i] + 1
        if source.word(i) not in (".", "->", "::"):
            return last if last == i - 1 else None
        i += 1
    return None


def bool_functions(source):
    """(first, last) token of the bodies of functions that return bool."""
    found = []
    for i in range(len(source.tokens)):
        if source.word(i) != "bool":
            continue
        k = i + 1
        while re.match(r"\w+$|::$", source.word(k)):
            k += 1
        if k == i + 1 or source.word(k) != "(" or k not in source.other:
            continue
        k = source.other[k] + 1
        while source.word(k) in ("const", "noexcept", "override"):
            k += 1
        if source.word(k) == "{" and k in source.other:
            found.append((k, source.other[k]))
    return found
