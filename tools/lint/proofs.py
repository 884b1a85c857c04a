"""A proof is made only where the proof is done.

`VerifiedDelivery` says that a sender was checked, `ApprovedAction` that the gate let one action
through. Outside the few places that check, code may name these types in annotations and in
questions about a type; every other use of the name could make one, and is a finding.
"""

import ast
from collections.abc import Iterator

from tools.lint.source import Check, Finding, Rule, Source

_PLACES = {
    "VerifiedDelivery": (
        "connectors/*/webhook.py",
        "connectors/*/listener.py",
        "connectors/*/poll.py",
        "intake/internal.py",
    ),
    "ApprovedAction": ("approvals/gate.py",),
}
_COPIERS = {"dataclasses.replace", "copy.replace", "copy.copy", "copy.deepcopy", "replace"}
_TYPE_QUESTIONS = {"isinstance", "issubclass"}


def _check_for(proof: str) -> Check:
    def check(source: Source) -> Iterator[Finding]:
        if source.is_shipped and not source.lies_in(*_PLACES[proof]) and proof in source.text:
            yield from _Uses(source, proof).findings()

    return check


class _Uses:
    def __init__(self, source: Source, proof: str) -> None:
        self._source = source
        self._proof = proof
        self._rule = _RULE_NAMES[proof]
        # What a subscript is called with is made by it: `adapter[Proof](...)`.
        self._called = {node.func for node in ast.walk(source.tree) if isinstance(node, ast.Call)}

    def findings(self) -> Iterator[Finding]:
        harmless = set(self._harmless(self._source.tree))
        for node in ast.walk(self._source.tree):
            if id(node) in harmless:
                continue
            if isinstance(node, ast.ClassDef) and any(map(self._is_proof, node.bases)):
                yield self._found(node, "is subclassed")
            elif isinstance(node, ast.Name | ast.Attribute) and self._is_proof(node):
                yield self._found(node, "is used as a value")
            elif isinstance(node, ast.Call) and self._names_it_in_text(node):
                yield self._found(node, "is named in a text argument")
        yield from self._copies()

    def _found(self, node: ast.AST, what: str) -> Finding:
        places = ", ".join(_PLACES[self._proof])
        return self._source.find(
            node, self._rule, f"{self._proof} {what}; it is made only in {places}"
        )

    def _is_proof(self, node: ast.AST) -> bool:
        return self._source.qualified(node).rpartition(".")[2] == self._proof

    def _mentions(self, node: ast.AST | None) -> bool:
        if node is None:
            return False
        return any(
            self._is_proof(part)
            or (isinstance(part, ast.Constant) and self._proof in str(part.value))
            for part in ast.walk(node)
        )

    def _harmless(self, tree: ast.Module) -> Iterator[int]:
        """Every node inside an annotation, a type alias or a question about a type."""
        for node in ast.walk(tree):
            for part in self._typing_parts(node):
                if part is not None:
                    yield from (id(inner) for inner in ast.walk(part))
            if isinstance(node, ast.ClassDef):
                yield from map(id, (base for base in node.bases if self._is_proof(base)))

    def _typing_parts(self, node: ast.AST) -> Iterator[ast.AST | None]:
        match node:
            case ast.arg(annotation=annotation):
                yield annotation
            case ast.FunctionDef(returns=returns) | ast.AsyncFunctionDef(returns=returns):
                yield returns
            case ast.AnnAssign(annotation=annotation, value=value):
                yield annotation
                if self._source.qualified(annotation).endswith("TypeAlias"):
                    yield value
            case ast.Call(func=ast.Name(id=name)) if name in _TYPE_QUESTIONS:
                yield from node.args[1:]
            case ast.MatchClass(cls=cls):
                yield cls
            case ast.Subscript(slice=inner) if node not in self._called:
                yield inner
            case _:
                return

    def _names_it_in_text(self, call: ast.Call) -> bool:
        values = [*call.args, *(keyword.value for keyword in call.keywords)]
        return any(
            isinstance(value, ast.Constant) and value.value == self._proof for value in values
        )

    def _copies(self) -> Iterator[Finding]:
        if not any(name.endswith(f".{self._proof}") for name in self._source.imports.values()):
            return
        for function in ast.walk(self._source.tree):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                yield from self._copies_in(function)

    def _copies_in(self, function: ast.FunctionDef | ast.AsyncFunctionDef) -> Iterator[Finding]:
        others = set(self._names_of_other_types(function))
        for node in ast.walk(function):
            if isinstance(node, ast.Call) and self._source.qualified(node.func) in _COPIERS:
                first = node.args[0] if node.args else None
                if not (isinstance(first, ast.Name) and first.id in others):
                    yield self._found(node, "may be copied here")

    def _names_of_other_types(
        self, function: ast.FunctionDef | ast.AsyncFunctionDef
    ) -> Iterator[str]:
        for node in ast.walk(function):
            match node:
                case ast.arg(arg=name, annotation=annotation):
                    pass
                case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation):
                    pass
                case _:
                    continue
            if annotation is not None and not self._mentions(annotation):
                yield name


_RULE_NAMES = {"VerifiedDelivery": "proof-delivery", "ApprovedAction": "proof-action"}

RULES = (
    # Reading a stored delivery back is not proving a sender, but it is told by name.
    Rule(
        "proof-delivery",
        _check_for("VerifiedDelivery"),
        may_be_suppressed_in=("storage/inbox/reader.py",),
    ),
    Rule("proof-action", _check_for("ApprovedAction"), may_be_suppressed_in=()),
)
