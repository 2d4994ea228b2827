"""Arithmetic: one case a form, made from a table of forms and the types of their operands."""

from . import values
from .case import expand, lanes

INTS = "{.u16,.u32,.u64,.s16,.s32,.s64}"
ROUND = "{,.rn,.rz,.rm,.rp}"
MUST_ROUND = "{.rn,.rz,.rm,.rp}"
DIRECTED = "{.rz,.rm,.rp}"
WIDE = {"u16": "u32", "s16": "s32", "u32": "u64", "s32": "s64"}

# pattern : operands -> result; T is the form's type, W twice as wide.
INTEGER = """
add%I : T T -> T
add.sat.s32 : T T -> T
sub%I : T T -> T
sub.sat.s32 : T T -> T
mul{.lo,.hi}%I : T T -> T
mul.wide{.u16,.s16,.u32,.s32} : T T -> W
mad{.lo,.hi}%I : T T T -> T
mad.hi.sat.s32 : T T T -> T
mad.wide{.u16,.s16,.u32,.s32} : T T W -> W
mul24{.lo,.hi}{.u32,.s32} : T T -> T
mad24{.lo,.hi}{.u32,.s32} : T T T -> T
mad24.hi.sat.s32 : T T T -> T
sad%I : T T T -> T
div%I : T T! -> T
rem%I : T T! -> T
abs{.s16,.s32,.s64} : T -> T
neg{.s16,.s32,.s64} : T -> T
min%I : T T -> T
max%I : T T -> T
popc{.b32,.b64} : T -> u32
clz{.b32,.b64} : T -> u32
bfind{,.shiftamt}{.u32,.u64,.s32,.s64} : T -> u32
brev{.b32,.b64} : T -> T
bfe{.u32,.u64,.s32,.s64} : T u32 u32 -> T
bfi{.b32,.b64} : T T u32 u32 -> T
fns.b32 : b32 u32< s32~ -> b32
szext{.clamp,.wrap}{.u32,.s32} : T u32 -> T
bmsk{.clamp,.wrap}.b32 : u32 u32 -> T
dp4a{.u32,.s32}{.u32,.s32} : b32 b32 s32 -> s32
dp2a{.lo,.hi}{.u32,.s32}{.u32,.s32} : b32 b32 s32 -> s32
and{.b16,.b32,.b64} : T T -> T
or{.b16,.b32,.b64} : T T -> T
xor{.b16,.b32,.b64} : T T -> T
not{.b16,.b32,.b64} : T -> T
cnot{.b16,.b32,.b64} : T -> T
shl{.b16,.b32,.b64} : T u32 -> T
shr{.b16,.b32,.b64,.u16,.u32,.u64,.s16,.s32,.s64} : T u32 -> T
shf{.l,.r}{.clamp,.wrap}.b32 : T T u32 -> T
prmt.b32 : T T b32 -> T
prmt.b32{.f4e,.b4e,.rc8,.ecl,.ecr,.rc16} : b32 b32 b32 -> b32
mov{.b16,.b32,.b64,.u16,.u32,.u64,.s16,.s32,.s64,.f32,.f64} : T -> T
"""
INTEGER_90 = """
add{.u16x2,.s16x2} : T T -> T
min{.u16x2,.s16x2} : T T -> T
max{.u16x2,.s16x2} : T T -> T
min.relu{.s16x2,.s32} : T T -> T
max.relu{.s16x2,.s32} : T T -> T
"""
FLOAT = """
add%R{,.ftz}{,.sat}.f32 : T T -> T
sub%R{,.ftz}{,.sat}.f32 : T T -> T
mul%R{,.ftz}{,.sat}.f32 : T T -> T
fma%M{,.ftz}{,.sat}.f32 : T T T -> T
mad%M{,.ftz}{,.sat}.f32 : T T T -> T
add%R.f64 : T T -> T
sub%R.f64 : T T -> T
mul%R.f64 : T T -> T
fma%M.f64 : T T T -> T
mad%M.f64 : T T T -> T
div%M{,.ftz}.f32 : T T -> T
div%M.f64 : T T -> T
rcp%M{,.ftz}.f32 : T -> T
rcp%M.f64 : T -> T
sqrt%M{,.ftz}.f32 : T -> T
sqrt%M.f64 : T -> T
abs{,.ftz}.f32 : T -> T
neg{,.ftz}.f32 : T -> T
abs.f64 : T -> T
neg.f64 : T -> T
min{,.ftz}{,.NaN}{,.xorsign.abs}.f32 : T T -> T
max{,.ftz}{,.NaN}{,.xorsign.abs}.f32 : T T -> T
min.f64 : T T -> T
max.f64 : T T -> T
copysign{.f32,.f64} : T T -> T
"""
HALF = """
add{,.rn}{,.ftz}{,.sat}{.f16,.f16x2} : T T -> T
sub{,.rn}{,.ftz}{,.sat}{.f16,.f16x2} : T T -> T
mul{,.rn}{,.ftz}{,.sat}{.f16,.f16x2} : T T -> T
fma.rn{,.ftz}{,.sat}{.f16,.f16x2} : T T T -> T
fma.rn{,.ftz}.relu{.f16,.f16x2} : T T T -> T
fma.rn{,.relu}{.bf16,.bf16x2} : T T T -> T
abs{,.ftz}{.f16,.f16x2} : T -> T
neg{,.ftz}{.f16,.f16x2} : T -> T
abs{.bf16,.bf16x2} : T -> T
neg{.bf16,.bf16x2} : T -> T
min{,.ftz}{,.NaN}{,.xorsign.abs}{.f16,.f16x2} : T T -> T
max{,.ftz}{,.NaN}{,.xorsign.abs}{.f16,.f16x2} : T T -> T
min{,.NaN}{,.xorsign.abs}{.bf16,.bf16x2} : T T -> T
max{,.NaN}{,.xorsign.abs}{.bf16,.bf16x2} : T T -> T
"""
HALF_90 = """
add{,.rn}{.bf16,.bf16x2} : T T -> T
sub{,.rn}{.bf16,.bf16x2} : T T -> T
mul{,.rn}{.bf16,.bf16x2} : T T -> T
"""

# What the PTX ISA allows, plus half a unit for the correctly rounded result on the other side.
_F32_INPUTS = values.edges("f32")
_ANGLES = [v for v in _F32_INPUTS if (v & 0x7FFFFFFF) < 0x40C90FDB or (v & 0x7F800000) == 0x7F800000]
_MODERATE = [v for v in _F32_INPUTS if 0x00800000 <= (v & 0x7FFFFFFF) <= 0x7E800000 or (v & 0x7FFFFFFF) in (0, 0x7F800000)]
APPROXIMATE = [
    ("div.full{,.ftz}.f32", "T T -> T", dict(ulps=2.5), {1: _MODERATE}),
    ("div.approx{,.ftz}.f32", "T T -> T", dict(ulps=2.5), {1: _MODERATE}),
    ("rcp.approx{,.ftz}.f32", "T -> T", dict(ulps=1.5), None),
    ("sqrt.approx{,.ftz}.f32", "T -> T", dict(ulps=1.5), None),
    ("rsqrt.approx{,.ftz}.f32", "T -> T", dict(relative=2.0**-22.9, ulps=0.5), None),
    ("sin.approx{,.ftz}.f32", "T -> T", dict(absolute=2.0**-20.5, ulps=0.5), {0: _ANGLES}),
    ("cos.approx{,.ftz}.f32", "T -> T", dict(absolute=2.0**-20.5, ulps=0.5), {0: _ANGLES}),
    ("lg2.approx{,.ftz}.f32", "T -> T", dict(absolute=2.0**-22, relative=2.0**-22, ulps=0.5), None),
    ("ex2.approx{,.ftz}.f32", "T -> T", dict(relative=2.0**-22, ulps=0.5), None),
    ("tanh.approx.f32", "T -> T", dict(relative=2.0**-11), None),
    ("ex2.approx{.f16,.f16x2}", "T -> T", dict(relative=2.0**-9.9, ulps=0.5), None),
    ("tanh.approx{.f16,.f16x2}", "T -> T", dict(absolute=2.0**-10.987, ulps=0.5), None),
    ("rcp.approx.ftz.f64", "T -> T", dict(relative=2.0**-20), None),
    ("rsqrt.approx.f64", "T -> T", dict(relative=2.0**-20), None),
    ("rsqrt.approx.ftz.f64", "T -> T", dict(relative=2.0**-20), None),
]
APPROXIMATE_90 = [
    ("ex2.approx.ftz{.bf16,.bf16x2}", "T -> T", dict(relative=2.0**-7, ulps=0.5), None),
    ("tanh.approx{.bf16,.bf16x2}", "T -> T", dict(absolute=2.0**-8, ulps=0.5), None),
]

PRMT_MODES = list(range(0, 5))


def signature(form, text):
    """The types of a form's operands and result, and which operands are limited."""
    kind = form.rsplit(".", 1)[1]
    only = {}
    kinds = []
    operands, result = text.split("->")
    for i, word in enumerate(operands.split()):
        mark = word[-1] if word[-1] in "!<~" else ""
        word = word.rstrip("!<~")
        word = {"T": kind, "W": WIDE.get(kind)}.get(word, word)
        if mark == "!":
            only[i] = [v for v in values.edges(word) if v != 0]
        elif mark == "<":
            only[i] = list(range(32))
        elif mark == "~":
            only[i] = [v & 0xFFFFFFFF for v in range(-34, 35)]
        elif form.startswith("prmt") and i == 2:
            only[i] = [0x3210, 0x7654, 0x0123, 0xFEDC, 0x8888, 0x5A3C, 0x1111] if form == "prmt.b32" else PRMT_MODES
        elif form.split(".")[0] in ("bfe", "bfi") and word == "u32":
            only[i] = [0, 1, 4, 8, 16, 31, 32, 33, 40, 63, 64, 100, 255, 256 + 5]
        elif form.split(".")[0] in ("shl", "shr", "shf", "szext", "bmsk") and word == "u32" and i > 0:
            only[i] = [0, 1, 5, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 0xFFFFFFFF]
        kinds.append(word)
    result = result.strip()
    return kinds, {"T": kind, "W": WIDE.get(kind)}.get(result, result), only


def make(family, table, **more):
    for line in table.strip().splitlines():
        pattern, text = line.split(" : ")
        pattern = pattern.replace("%I", INTS).replace("%R", ROUND).replace("%M", MUST_ROUND)
        for form in expand(pattern):
            one(family, form, text, **more)


def one(family, form, text, tolerance=None, only=None, **more):
    kinds, result, limits = signature(form, text)
    if only:
        limits = {i: [v for v in pool if True] for i, pool in only.items()}
    body = " %s d0, %s;\n" % (form, ", ".join("a%d" % i for i in range(len(kinds))))
    count = 128 if len(kinds) == 1 else 256
    if form.startswith("div") and result == "s64" or form.startswith("rem") and result == "s64":
        count = 128
    columns = None
    if only and kinds[0] == "f32" and form.split(".")[0] in ("sin", "cos"):
        columns = values.columns(kinds, count, form, None)
        columns[0] = [v for v in columns[0] if (v & 0x7FFFFFFF) < 0x40C90FDB or (v & 0x7F800000) == 0x7F800000]
        limits = None
    lanes("%s" % form, family, kinds, [result], body, lanes=count, only=limits, columns=columns, tolerance=tolerance,
          **more)


def compare_cases():
    """setp, set, selp and slct: every comparison of a type in one case, its results in bits."""
    signs = {"b": "eq ne", "u": "eq ne lt le gt ge lo ls hi hs", "s": "eq ne lt le gt ge",
             "f": "eq ne lt le gt ge equ neu ltu leu gtu geu num nan"}
    integers = [p + w for p in "bus" for w in ("16", "32", "64")]
    for kind in integers + ["f32", "f64", "f16", "bf16", "f16x2", "bf16x2"]:
        target = "sm_90" if kind.startswith("bf16") else "sm_80"
        operations = signs["f" if kind.startswith("bf") else kind[0]].split()
        for ftz in ["", ".ftz"] if kind in ("f32", "f16", "f16x2") else [""]:
            pair = kind.endswith("x2")
            for combine in ["", "and", "or", "xor"]:
                body = " mov.b32 d0, 0;\n"
                for i, operation in enumerate(operations):
                    form = "setp.%s%s%s.%s" % (operation, "." + combine if combine else "", ftz, kind)
                    third = ", %sq2" % ("!" if i % 3 == 2 else "") if combine else ""
                    second = "|r1" if pair or (i % 2 == 1 and "f16" not in kind) else ""
                    body += " %s r0%s, a0, a1%s;\n selp.b32 u, 1, 0, r0;\n shl.b32 d0, d0, 1;\n or.b32 d0, d0, u;\n" % (
                        form, second, third)
                    if second:
                        body += " selp.b32 u, 1, 0, r1;\n shl.b32 d0, d0, 1;\n or.b32 d0, d0, u;\n"
                lanes("setp.%s%s.%s" % (combine or "plain", ftz, kind), "compare", [kind, kind, "pred"], ["b32"], body,
                      locals=" .reg .pred r0, r1; .reg .b32 u;\n", target=target)
    for kind in integers + ["f32", "f64"]:
        operations = signs[kind[0]].split()
        for result in ["u32", "s32", "f32"]:
            for ftz in ["", ".ftz"] if kind == "f32" else [""]:
                body = " mov.b32 d0, 0;\n"
                for combine in ["", ".and", ".or", ".xor"]:
                    third = ", q2" if combine else ""
                    for operation in operations:
                        body += " set.%s%s%s.%s.%s u, a0, a1%s;\n mad.lo.u32 d0, d0, 3, u;\n" % (
                            operation, combine, ftz, result, kind, third)
                lanes("set%s.%s.%s" % (ftz, result, kind), "compare", [kind, kind, "pred"], ["b32"], body,
                      locals=" .reg .b32 u;\n", lanes=128)
    for kind in ["f16", "f16x2", "bf16", "bf16x2"]:
        operations = signs["f"].split()
        target = "sm_90" if kind.startswith("bf16") else "sm_80"
        results = [kind] if kind.endswith("x2") else [kind, "u16", "s16", "u32", "s32"]
        for result in results:
            wide = values.SIZES[result] == 4
            for ftz in ["", ".ftz"] if kind.startswith("f16") else [""]:
                body = " mov.b32 d0, 0;\n"
                for combine in ["", ".and", ".or", ".xor"]:
                    third = ", q2" if combine else ""
                    for operation in operations:
                        body += " set.%s%s%s.%s.%s %s, a0, a1%s;\n" % (operation, combine, ftz, result, kind,
                                                                       "u" if wide else "h", third)
                        body += ("" if wide else " cvt.u32.u16 u, h;\n") + " mad.lo.u32 d0, d0, 3, u;\n"
                lanes("set%s.%s.%s" % (ftz, result, kind), "compare", [kind, kind, "pred"], ["b32"], body,
                      locals=" .reg .b32 u; .reg .b16 h;\n", target=target, lanes=128,
                      # What cvt.u32.u16 makes of a half that set wrote has more than the half in it on a GPU: its compiler
                      # takes the register for extended.
                      compared=[("low16", 0, 128, 0, 0, 0)] if result in ("f16", "bf16") else None)
    for kind in integers + ["f32", "f64"]:
        lanes("selp." + kind, "compare", [kind, kind, "pred"], [kind], " selp.%s d0, a0, a1, q2;\n" % kind, exact=True,
              lanes=64)
        for chooser in ["s32", "f32"] + (["ftz"] if True else []):
            form = "slct.ftz.%s.f32" % kind if chooser == "ftz" else "slct.%s.%s" % (kind, chooser)
            lanes(form, "compare", [kind, kind, "f32" if chooser == "ftz" else chooser], [kind],
                  " %s d0, a0, a1, a2;\n" % form, exact=True, lanes=64)
    for kind in ["f32", "f64"]:
        for test in "finite infinite number notanumber normal subnormal".split():
            form = "testp.%s.%s" % (test, kind)
            lanes(form, "compare", [kind], ["b32"], " %s r, a0;\n selp.b32 d0, 1, 0, r;\n" % form,
                  locals=" .reg .pred r;\n", lanes=64)


def predicate_cases():
    body = " and.pred r, q0, q1;\n selp.b32 d0, 1, 0, r;\n or.pred r, q0, q1;\n selp.b32 d1, 1, 0, r;\n"
    body += " xor.pred r, q0, q1;\n selp.b32 d2, 1, 0, r;\n not.pred r, q0;\n selp.b32 d3, 1, 0, r;\n"
    body += " mov.pred r, q1;\n selp.b32 d4, 1, 0, r;\n"
    lanes("predicates", "integer", ["pred", "pred"], ["b32"] * 5, body, lanes=32, locals=" .reg .pred r;\n")


def carry_cases():
    """Sums and products of several words through the carry flag."""
    for u in ("u", "s"):
        for width in ("32", "64"):
            t = u + width
            for op in ("add", "sub"):
                body = " {0}.cc.{1} d0, a0, a3;\n {0}c.cc.{1} d1, a1, a4;\n {0}c.cc.{1} d2, a2, a5;\n {0}c.{1} d3, a0, a5;\n".format(
                    op, t)
                lanes("%s.cc.%s" % (op, t), "integer", [t] * 6, [t] * 4, body, lanes=128)
            body = ""
            # The carry of every kind of product, taken by an addc each.
            for i, form in enumerate(["mad.lo.cc", "mad.hi.cc"]):
                body += " %s.%s d%d, a0, a1, a2;\n addc.%s d%d, a2, 0;\n" % (form, t, 2 * i, t, 2 * i + 1)
            lanes("mad.cc.%s" % t, "integer", [t] * 3, [t] * 4, body, lanes=128)
            body = " add.cc.%s d0, a0, a1;\n madc.lo.cc.%s d1, a1, a2, a0;\n madc.hi.cc.%s d2, a0, a1, a2;\n" % (t, t, t)
            body += " madc.lo.%s d3, a2, a1, a0;\n add.cc.%s d4, a1, a2;\n madc.hi.%s d5, a0, a2, a1;\n" % (t, t, t)
            lanes("madc.%s" % t, "integer", [t] * 3, [t] * 6, body, lanes=128)


def table_cases():
    """lop3 with all its tables; mov that packs and unpacks."""
    for first in range(0, 256, 32):
        body = "".join(" lop3.b32 u, a0, a1, a2, %d;\n mad.lo.u32 d0, d0, 5, u;\n" % lut
                       for lut in range(first, first + 32))
        lanes("lop3.b32.%d" % first, "integer", ["b32"] * 3, ["b32"], " mov.b32 d0, 0;\n" + body, lanes=64,
              locals=" .reg .b32 u;\n")
    for word in ("or", "and"):
        lanes("lop3.%s.b32" % word, "integer", ["b32", "b32", "b32", "pred"], ["b32", "b32"],
              " lop3.%s.b32 d0|r, a0, a1, a2, 0x96, q3;\n selp.b32 d1, 1, 0, r;\n" % word, lanes=64,
              locals=" .reg .pred r;\n", version="8.2")
    lanes("mov.pack", "integer", ["b16"] * 4 + ["b32"] * 2, ["b32", "b64", "b64"],
          " mov.b32 d0, {a0, a1};\n mov.b64 d1, {a0, a1, a2, a3};\n mov.b64 d2, {a4, a5};\n", lanes=32)
    lanes("mov.unpack", "integer", ["b32", "b64"], ["b16"] * 7 + ["b32"] * 3,
          " mov.b32 {d0, d1}, a0;\n mov.b64 {d2, d3, d4, d5}, a1;\n mov.b64 {d7, d8}, a1;\n mov.b32 {d6, _}, a0;\n"
          " mov.b64 {_, d9}, a1;\n", lanes=32)
    lanes("mov.b128", "integer", ["b64", "b64"], ["b64", "b64"],
          " .reg .b128 w;\n mov.b128 w, {a0, a1};\n mov.b128 {d1, d0}, w;\n", lanes=32, version="8.3")
    body = " mov.u32 d0, 0x80000000;\n mov.s32 d1, -5;\n mov.f32 d2, 0f40490FDB;\n mov.f64 d3, 0d400921FB54442D18;\n"
    body += " mov.b64 d4, 0xFEDCBA9876543210;\n mov.f32 d5, 1.5;\n mov.f64 d6, 1e-3;\n mov.u16 d7, 65535;\n"
    lanes("mov.literals", "integer", ["b32"], ["b32", "b32", "b32", "b64", "b64", "b32", "b64", "b16"], body, lanes=32)


def all_cases():
    make("integer", INTEGER)
    make("integer", INTEGER_90, target="sm_90")
    predicate_cases()
    carry_cases()
    table_cases()
    compare_cases()
    make("float", FLOAT, target="sm_86")
    for table, target in ((APPROXIMATE, "sm_80"), (APPROXIMATE_90, "sm_90")):
        for pattern, text, tolerance, only in table:
            for form in expand(pattern):
                one("float" if "16" not in form else "half", form, text, tolerance=tolerance, only=only, target=target)
    make("half", HALF, target="sm_86")
    make("half", HALF_90, target="sm_90")


_INT = "b16 b32 b64 u16 u32 u64 s16 s32 s64".split()
_ORDERED = ".eq,.ne,.lt,.le,.gt,.ge"
_FLOATING = _ORDERED + ",.equ,.neu,.ltu,.leu,.gtu,.geu,.num,.nan"
_COMPARE = {"b": ".eq,.ne", "u": _ORDERED + ",.lo,.ls,.hi,.hs", "s": _ORDERED, "f": _FLOATING}


def _inventory():
    for table in (INTEGER, INTEGER_90, FLOAT, HALF, HALF_90):
        for line in table.strip().splitlines():
            yield line.split(" : ")[0].replace("%I", INTS).replace("%R", ROUND).replace("%M", MUST_ROUND)
    for pattern, *_ in APPROXIMATE + APPROXIMATE_90:
        yield pattern
    for kind in _INT + ["f64", "bf16", "bf16x2"]:
        yield "setp{%s}{,.and,.or,.xor}.%s" % (_COMPARE["f" if kind[:2] == "bf" else kind[0]], kind)
    for kind in ("f32", "f16", "f16x2"):
        yield "setp{%s}{,.and,.or,.xor}{,.ftz}.%s" % (_FLOATING, kind)
    for kind in _INT + ["f64"]:
        yield "set{%s}{,.and,.or,.xor}{.u32,.s32,.f32}.%s" % (_COMPARE[kind[0]], kind)
    yield "set{%s}{,.and,.or,.xor}{,.ftz}{.u32,.s32,.f32}.f32" % _FLOATING
    yield "set{%s}{,.and,.or,.xor}{,.ftz}{.f16,.u16,.s16,.u32,.s32}.f16" % _FLOATING
    yield "set{%s}{,.and,.or,.xor}{.bf16,.u16,.s16,.u32,.s32}.bf16" % _FLOATING
    yield "set{%s}{,.and,.or,.xor}{,.ftz}.f16x2.f16x2" % _FLOATING
    yield "set{%s}{,.and,.or,.xor}.bf16x2.bf16x2" % _FLOATING
    for kind in _INT + ["f32", "f64"]:
        yield "selp." + kind
        yield "slct.%s{.s32,.f32}" % kind
        yield "slct.ftz.%s.f32" % kind
    yield "testp{.finite,.infinite,.number,.notanumber,.normal,.subnormal}{.f32,.f64}"
    yield "{and,or,xor,not,mov}.pred"
    yield "{add,addc,sub,subc}.cc{.u32,.s32,.u64,.s64}"
    yield "{addc,subc}{.u32,.s32,.u64,.s64}"
    yield "{mad,madc}{.lo,.hi}.cc{.u32,.s32,.u64,.s64}"
    yield "madc{.lo,.hi}{.u32,.s32,.u64,.s64}"
    yield "lop3.b32"
    yield "lop3{.or,.and}.b32"
    yield "mov.b128"


INVENTORY = list(_inventory())
