"""An independent referee: SymPy expands {F, H} for the integrals in documents of `aatool analyze --format json`.

Every bracket is brought to a polynomial in the variables and in symbols for exponentials, sines, cosines and roots, is
reduced by the relations among these, and must come out as zero. Then it is evaluated at rational points to 40 digits.
"""

import json
import random
import sys

import sympy


def bracket(f, h, pairs):
    return sum(f.diff(q) * h.diff(p) - f.diff(p) * h.diff(q) for q, p in pairs)


def rational_form(expression):
    """The expression with a symbol for each transcendental or irrational part, and the relations of these symbols."""
    relations = []
    expression = sympy.expand_trig(expression.rewrite(sympy.exp, (sympy.sinh, sympy.cosh, sympy.tanh)))
    names = {}

    def symbol(key):
        return names.setdefault(key, sympy.Dummy(positive=True))

    def exponential(argument):
        terms = sympy.Add.make_args(sympy.expand(argument))
        product = sympy.Integer(1)
        for term in terms:
            coefficient, rest = term.as_coeff_Mul()
            product *= symbol(("exp", rest)) ** coefficient
        return product

    expression = expression.replace(sympy.exp, exponential)
    for angle in sorted({a.args[0] for a in expression.atoms(sympy.sin, sympy.cos, sympy.tan)}, key=str):
        sine, cosine = symbol(("sin", angle)), symbol(("cos", angle))
        expression = expression.subs({sympy.tan(angle): sine / cosine})
        expression = expression.subs({sympy.sin(angle): sine, sympy.cos(angle): cosine})
        relations.append((sine, 2, 1 - cosine**2))

    def root(base, exponent):
        if exponent.is_Integer or base in names.values():
            return base**exponent
        generator = symbol(("root", sympy.expand(base), exponent.q))
        return generator**exponent.p

    expression = expression.replace(lambda e: e.is_Pow and e.exp.is_Rational, lambda e: root(e.base, e.exp))
    roots = [(name, key[2], key[1]) for key, name in names.items() if key[0] == "root"]
    return expression, roots + relations


def vanishes(expression):
    expression, relations = rational_form(expression)
    numerator = sympy.expand(sympy.fraction(sympy.together(expression))[0])
    for generator, order, value in relations:
        if numerator.has(generator):
            numerator = sympy.expand(sympy.rem(numerator, generator**order - value, generator))
    return numerator == 0


def is_small_at_points(expression, variables, draw):
    for _ in range(3):
        # All different, so that no two particles meet.
        numerators = draw.sample(range(30, 300), len(variables))
        point = {v: sympy.Rational(n, 97) for v, n in zip(variables, numerators)}
        value = expression.evalf(60, subs=point, maxn=400)
        if not abs(value) < sympy.Float("1e-40"):
            return False
    return True


def check(path):
    document = json.load(open(path))
    system = document["system"]
    names = system["coordinates"] + system["momenta"]
    variables = [sympy.Symbol(name, real=True) for name in names]
    space = dict(zip(names, variables))
    pairs = list(zip(variables[: system["dof"]], variables[system["dof"] :]))
    energy = sympy.sympify(system["hamiltonian"], locals=space)
    draw = random.Random(system["name"])
    for found in document["integrals"]["found"]:
        rate = bracket(sympy.sympify(found["expression"], locals=space), energy, pairs)
        assert vanishes(rate), f"{system['name']}: {{{found['name']}, H}} does not expand to zero"
        assert is_small_at_points(rate, variables, draw), f"{system['name']}: {{{found['name']}, H}} is not small"
    # The referee can say no: the sum with a coordinate is not conserved.
    wrong = rate + bracket(variables[0], energy, pairs)
    assert not vanishes(wrong) and not is_small_at_points(wrong, variables, draw), system["name"]


for argument in sys.argv[1:]:
    check(argument)
