"""Conversions: one case for every legal pair of types and modifiers. The table was checked against ptxas, offered every
combination for sm_90: what is not here it refuses."""

from . import values
from .case import expand, lanes

SIGNED = ["s8", "s16", "s32", "s64"]
UNSIGNED = ["u8", "u16", "u32", "u64"]
INTEGERS = UNSIGNED + SIGNED
TO_INTEGER = "{.rni,.rzi,.rmi,.rpi}"
ROUND = "{.rn,.rz,.rm,.rp}"


def width(kind):
    return int(kind[1:])


def contains(wide, narrow):
    """Whether `wide` can hold every value of `narrow`."""
    if wide[0] == narrow[0]:
        return width(wide) >= width(narrow)
    return wide[0] == "s" and width(wide) > width(narrow)


def integer_pairs():
    for to in INTEGERS:
        for source in INTEGERS:
            yield "cvt%s.%s.%s" % ("" if contains(to, source) else "{,.sat}", to, source)



FLOAT_PATTERNS = [
    "cvt%M{,.sat}.{f16,f64}.{u8,u16,u32,u64,s8,s16,s32,s64}",
    "cvt%M{,.ftz}{,.sat}.f32.{u8,u16,u32,u64,s8,s16,s32,s64}",
    "cvt%M.bf16.{u16,u32,u64,s16,s32,s64}",
    "cvt%I{,.sat}.{u8,u16,u32,u64,s8,s16,s32,s64}.{f16,f64}",
    "cvt%I{,.ftz}{,.sat}.{u8,u16,u32,u64,s8,s16,s32,s64}.f32",
    "cvt%I.{u16,u32,u64,s16,s32,s64}.bf16",
    "cvt{,.rni,.rzi,.rmi,.rpi}{,.sat}.f16.f16",
    "cvt{,.rni,.rzi,.rmi,.rpi}{,.sat}.f64.f64",
    "cvt{,.rni,.rzi,.rmi,.rpi}{,.ftz}{,.sat}.f32.f32",
    "cvt{,.rni,.rzi,.rmi,.rpi}.bf16.bf16",
    "cvt{,.sat}.f64.f16",
    "cvt{,.ftz}{,.sat}.{f32.f16,f64.f32}",
    "cvt{,.rn,.rz,.rm,.rp}{,.ftz}.f32.bf16",
    "cvt{,.rn,.rz,.rm,.rp}.{bf16.f16,f16.bf16,f64.bf16}",
    "cvt%M.bf16.f64",
    "cvt%M{,.sat}.f16.f64",
    "cvt%M{,.ftz}{,.sat}.f16.f32",
    "cvt{.rn,.rz}{.relu,.satfinite}.f16.f32",
    "cvt%M{,.ftz}{,.sat}.f32.f64",
    "cvt%M{,.ftz}.bf16.f32",
    "cvt{.rn,.rz}{.relu,.satfinite}.bf16.f32",
    "cvt{.rna,.rna.satfinite,.rn,.rz,.rn.relu,.rz.relu}.tf32.f32",
    "cvt{.rn,.rz}{,.relu}{,.satfinite}.{f16x2,bf16x2}.f32",
    "cvt.rn.satfinite{,.relu}.{e4m3x2,e5m2x2}.{f32,f16x2}",
    "cvt.rn{,.relu}.f16x2.{e4m3x2,e5m2x2}",
]
PACK_PATTERNS = ["cvt.pack.sat.{u16,s16}.s32", "cvt.pack.sat.{u8,s8,u4,s4,u2,s2}.s32.b32"]
NEWER = ("bf16", "tf32", "e4m3x2", "e5m2x2", "satfinite")


def float_forms():
    for pattern in FLOAT_PATTERNS:
        yield from expand(pattern.replace("%M", ROUND).replace("%I", TO_INTEGER))


def sources(kind, form):
    """Input values, in registers whose upper bits hold something else where the type is narrower than they are."""
    column = values.columns([kind], 256 if kind.startswith("e") else 96, form)[0]
    if kind[0] in "us" and values.SIZES[kind] < 4:
        junk = values.Random("junk" + form)
        size = 8 * values.SIZES[kind]
        return "b32", [v | (junk.bits(32 - size) << size if i % 2 else 0) for i, v in enumerate(column)]
    return kind, column


def one(form):
    to, source = form.split(".")[-2:]
    target = "sm_90" if any(word in form for word in NEWER) else "sm_80"
    kind, column = sources(source, form) if to != "bf16" else (source, values.columns([source], 96, form)[0])
    kinds, columns, operands = [kind], [column], "a0"
    if source == "f32" and to.endswith("x2"):
        kinds, columns, operands = kinds * 2, [column, column[7:] + column[:7]], "a0, a1"
    # A narrow integer is extended to the register it goes to, which bfloat16's conversions want to be of its size.
    result = "b32" if to[0] in "us" and values.SIZES[to] < 4 and source != "bf16" else to
    lanes(form, "convert", kinds, [result], " %s d0, %s;\n" % (form, operands), columns=columns, target=target)


def all_cases():
    for pattern in integer_pairs():
        for form in expand(pattern):
            one(form)
    for form in float_forms():
        one(form)
    for pattern in PACK_PATTERNS:
        for form in expand(pattern):
            three = form.endswith("b32")
            lanes(form, "convert", ["s32", "s32", "b32"], ["b32"],
                  " %s d0, a0, a1%s;\n" % (form, ", a2" if three else ""), lanes=128)


INVENTORY = list(integer_pairs()) + [p.replace("%M", ROUND).replace("%I", TO_INTEGER) for p in FLOAT_PATTERNS] + PACK_PATTERNS
