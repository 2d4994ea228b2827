"""Matrix instructions, on inputs whose results are exact whatever the order of the sums."""

import struct

from . import values
from .case import Case, kernel

PACKED = {"f16": values.f16, "bf16": values.bf16, "tf32": values.f32, "f32": values.f32, "f64": values.f64}
BITS = {"f16": 16, "bf16": 16, "tf32": 32, "f32": 32, "f64": 64, "s32": 32, "s8": 8, "u8": 8, "s4": 4, "u4": 4, "b1": 1,
        "e4m3": 8, "e5m2": 8}
# Small whole numbers in the eight-bit formats.
FP8 = {"e4m3": [0x00, 0x38, 0x40, 0x44, 0x48, 0xB8, 0xC0, 0xC4, 0x30], "e5m2": [0x00, 0x3C, 0x40, 0x42, 0x44, 0xBC, 0xC0, 0xC2, 0x38]}


def element(kind, random, accumulator):
    """One random element's bits."""
    if kind in FP8:
        return random.choice(FP8[kind])
    if kind in PACKED:
        return PACKED[kind](random.below(129) - 64 if accumulator else random.below(9) - 4)
    if kind == "s32":
        if random.bits(2) == 0:
            return random.choice([0x7FFFFF00, 0x80000100, 0x7FFFFFFF, 0x80000000])
        return random.bits(20) - (1 << 19) & 0xFFFFFFFF
    return random.bits(BITS[kind])


def elements(kind, count, seed, accumulator=False):
    """`count` elements, packed without gaps."""
    random = values.Random(seed)
    bits = BITS[kind]
    if bits >= 8:
        size = {8: "B", 16: "H", 32: "I", 64: "Q"}[bits]
        return struct.pack("<%d%s" % (count, size), *[element(kind, random, accumulator) for _ in range(count)])
    whole = 0
    for i in range(count):
        whole |= element(kind, random, accumulator) << (i * bits)
    return whole.to_bytes(count * bits // 8, "little")


def names(letter, count):
    return "{" + ", ".join("%s%d" % (letter, i) for i in range(count)) + "}"


# kind of A and B, shapes with the registers of A, B; register widths.
WMMA = [
    ("f16", {"m16n16k16": (8, 8), "m8n32k16": (8, 8), "m32n8k16": (8, 8)}, [("f16", "f16"), ("f32", "f32"), ("f16", "f32"), ("f32", "f16")]),
    ("bf16", {"m16n16k16": (4, 4), "m8n32k16": (2, 8), "m32n8k16": (8, 2)}, [("f32", "f32")]),
    ("tf32", {"m16n16k8": (4, 4)}, [("f32", "f32")]),
    ("s8", {"m16n16k16": (2, 2), "m8n32k16": (1, 4), "m32n8k16": (4, 1)}, [("s32", "s32")]),
    ("u8", {"m16n16k16": (2, 2), "m8n32k16": (1, 4), "m32n8k16": (4, 1)}, [("s32", "s32")]),
    ("f64", {"m8n8k4": (1, 1)}, [("f64", "f64")]),
    ("s4", {"m8n8k32": (1, 1)}, [("s32", "s32")]),
    ("u4", {"m8n8k32": (1, 1)}, [("s32", "s32")]),
    ("b1", {"m8n8k128": (1, 1)}, [("s32", "s32")]),
]


def extents(shape):
    m, rest = shape[1:].split("n")
    n, k = rest.split("k")
    return int(m), int(n), int(k)


def wmma_mma_forms(kind, al, bl, shape, d, c):
    base = "wmma.mma%s.sync.aligned.%s.%s.%s"
    if kind in ("f16",):
        return [base % ("", al, bl, shape) + ".%s.%s" % (d, c)]
    if kind in ("bf16", "tf32"):
        return [base % ("", al, bl, shape) + ".f32.%s.%s.f32" % (kind, kind)]
    if kind == "f64":
        return [base % ("", al, bl, shape) + r + ".f64.f64.f64.f64" for r in ("", ".rn", ".rz", ".rm", ".rp")]
    if kind == "b1":
        return [base % (op, al, bl, shape) + ".s32.b1.b1.s32" for op in (".xor.popc", ".and.popc")]
    return [base % ("", al, bl, shape) + ".s32.%s.%s.s32%s" % (kind, kind, s) for s in ("", ".satfinite")]


def wmma_accumulators(kind, shape, c):
    if kind in ("f64", "s4", "u4", "b1"):
        return 2
    return 4 if c == "f16" else 8


def wmma():
    for kind, shapes, types in WMMA:
        for shape, (ra, rb) in shapes.items():
            m, n, k = extents(shape)
            for al in ("row", "col"):
                for bl in ("row", "col"):
                    if kind in ("s4", "u4", "b1") and (al, bl) != ("row", "col"):
                        continue
                    wmma_case(kind, shape, types, al, bl, ra, rb, m, n, k)


def wmma_case(kind, shape, types, al, bl, ra, rb, m, n, k):
    sub = kind in ("s4", "u4", "b1")
    name = "wmma.%s.%s.%s.%s" % (kind, shape, al, bl)
    a = elements(kind, m * k, name + "a")
    b = elements(kind, k * n, name + "b")
    data = a + b
    c_at = {}
    for c in dict.fromkeys(t[1] for t in types):
        data += b"\0" * (-len(data) % 32)
        c_at[c] = len(data)
        data += elements(c, m * n, name + c, True)
    data += b"\0" * (-len(data) % 32)
    wide = kind == "f64"
    body = " .shared .align 32 .b8 tile[%d]; .reg .b64 s, g, e; .reg .b32 i; .reg .pred more;\n" % len(data)
    body += " .reg .b%d %s;\n" % (64 if wide else 32, ", ".join(["a%d" % i for i in range(ra)] + ["b%d" % i for i in range(rb)]))
    body += " .reg .b%d c<8>, d<8>;\n" % (64 if wide else 32)
    body += """ mov.u64 s, tile;
 ld.param.u64 g, [in];
 mov.b32 i, %%t;
copy:
 mad.wide.u32 e, i, 4, %%pi;
 ld.global.b32 a0_, [e];
 mad.wide.u32 e, i, 4, s;
 st.shared.b32 [e], a0_;
 add.u32 i, i, 32;
 setp.lt.u32 more, i, %d;
 @more bra copy;
 bar.sync 0;
""" % (len(data) // 4)
    body = " .reg .b32 a0_;\n" + body
    lda = k if al == "row" else m
    ldb = n if bl == "row" else k
    output = 0
    steps = [(t, f) for t in types for f in wmma_mma_forms(kind, al, bl, shape, *t)]
    rounds = [(i + turn, step) for turn in range(3) for i, step in enumerate(steps * (2 if sub else 1))]
    for number, (turn, ((d, c), form)) in enumerate(rounds):
        space, base = (("", "g"), (".global", "%pi"), (".shared", "s"))[turn % 3]
        cl = al if not sub else ("row", "col")[number % 2]
        dl = ("col" if bl == "row" else "row") if not sub else ("col", "row")[number % 2]
        rc = wmma_accumulators(kind, shape, c)
        rd = wmma_accumulators(kind, shape, d)
        body += " wmma.load.a.sync.aligned.%s.%s%s.%s %s, [%s], %d;\n" % (al, shape, space, kind, names("a", ra), base, lda)
        body += " wmma.load.b.sync.aligned.%s.%s%s.%s %s, [%s+%d], %d;\n" % (bl, shape, space, kind, names("b", rb), base, len(a), ldb)
        body += " wmma.load.c.sync.aligned.%s.%s%s.%s %s, [%s+%d]%s;\n" % (
            cl, shape, space, c, names("c", rc), base, c_at[c], ", %d" % (n if cl == "row" else m) if number % 2 else "")
        body += " %s %s, %s, %s, %s;\n" % (form, names("d", rd), names("a", ra), names("b", rb), names("c", rc))
        size = m * n * BITS[d] // 8
        to = "%po"
        if space == "":
            body += " ld.param.u64 e, [out];\n"
            to = "e"
        if space == ".shared":
            # Through shared memory and from there to the output.
            body += " bar.sync 0;\n"
            body += " wmma.store.d.sync.aligned.%s.%s.shared.%s [s], %s, %d;\n" % (dl, shape, d, names("d", rd), n if dl == "row" else m)
            body += """ bar.sync 0;
 mov.b32 i, %%t;
back%d:
 mad.wide.u32 e, i, 4, s;
 ld.shared.b32 a0_, [e];
 mad.wide.u32 e, i, 4, %%po;
 st.global.b32 [e+%d], a0_;
 mad.wide.u32 e, i, 4, %%pi;
 ld.global.b32 a0_, [e];
 mad.wide.u32 e, i, 4, s;
 st.shared.b32 [e], a0_;
 add.u32 i, i, 32;
 setp.lt.u32 more, i, %d;
 @more bra back%d;
 bar.sync 0;
""" % (number, output, size // 4, number)
            if size > len(data):
                raise AssertionError(name)
        else:
            body += " wmma.store.d.sync.aligned.%s.%s%s.%s [%s+%d], %s, %d;\n" % (
                dl, shape, space, d, to, output, names("d", rd), n if dl == "row" else m)
        output += size
    Case(name, "tensor", kernel(body), data, output, block=(32, 1, 1), target="sm_80")


# shape: registers of A, B, accumulators in 32 bits.
MMA = [
    ("f16", {"m8n8k4": (2, 2, 8)}, [("f16", "f16"), ("f32", "f32"), ("f32", "f16")]),
    ("f16", {"m16n8k8": (2, 1, 4), "m16n8k16": (4, 2, 4)}, [("f16", "f16"), ("f32", "f32")]),
    ("bf16", {"m16n8k8": (2, 1, 4), "m16n8k16": (4, 2, 4)}, [("f32", "f32")]),
    ("tf32", {"m16n8k4": (2, 1, 4), "m16n8k8": (4, 2, 4)}, [("f32", "f32")]),
    ("f64", {"m8n8k4": (1, 1, 2)}, [("f64", "f64")]),
    ("f64", {"m16n8k4": (2, 1, 4), "m16n8k8": (4, 2, 4), "m16n8k16": (8, 4, 4)}, [("f64", "f64")]),
    ("8", {"m8n8k16": (1, 1, 2), "m16n8k16": (2, 1, 4), "m16n8k32": (4, 2, 4)}, [("s32", "s32")]),
    ("4", {"m8n8k32": (1, 1, 2), "m16n8k32": (2, 1, 4), "m16n8k64": (4, 2, 4)}, [("s32", "s32")]),
    ("b1", {"m8n8k128": (1, 1, 2), "m16n8k128": (2, 1, 4), "m16n8k256": (4, 2, 4)}, [("s32", "s32")]),
    ("fp8", {"m16n8k32": (4, 2, 4)}, [("f32", "f32")]),
]


def mma_forms(kind, shape, d, c):
    """Forms with the kinds of A and B."""
    layouts = ["row.row", "row.col", "col.row", "col.col"] if (shape, kind) == ("m8n8k4", "f16") else ["row.col"]
    if kind in ("8", "4"):
        for a in ("u" + kind, "s" + kind):
            for b in ("u" + kind, "s" + kind):
                for sat in ("", ".satfinite"):
                    yield "mma.sync.aligned.%s.row.col%s.s32.%s.%s.s32" % (shape, sat, a, b), a, b
        return
    if kind == "b1":
        for op in ("xor", "and"):
            yield "mma.sync.aligned.%s.row.col.s32.b1.b1.s32.%s.popc" % (shape, op), "b1", "b1"
        return
    if kind == "fp8":
        for a in ("e4m3", "e5m2"):
            for b in ("e4m3", "e5m2"):
                yield "mma.sync.aligned.%s.row.col.f32.%s.%s.f32" % (shape, a, b), a, b
        return
    if kind == "f64":
        for r in ("", ".rn", ".rz", ".rm", ".rp"):
            yield "mma.sync.aligned.%s.row.col%s.f64.f64.f64.f64" % (shape, r), kind, kind
        return
    for layout in layouts:
        yield "mma.sync.aligned.%s.%s.%s.%s.%s.%s" % (shape, layout, d, kind, kind, c), kind, kind


def mma():
    for kind, shapes, types in MMA:
        for shape, (ra, rb, rc) in shapes.items():
            for d, c in types:
                for form, a, b in mma_forms(kind, shape, d, c):
                    target = "sm_90" if kind == "f64" and shape != "m8n8k4" else "sm_89" if kind == "fp8" else "sm_80"
                    mma_case(form, a, b, c, d, ra, rb, rc // 2 if c == "f16" else rc, rc // 2 if d == "f16" else rc, target)


def mma_case(form, a, b, c, d, ra, rb, rc, rd, target):
    """Every lane loads its own registers of the fragments."""
    width = 64 if a == "f64" else 32
    size = width // 8
    step = size * (ra + rb + rc)
    parts = [(a, ra, False), (b, rb, False), (c, rc, True)]
    data = b""
    per_lane = [elements(kind, 32 * count * width // BITS[kind], form + str(i), acc) for i, (kind, count, acc) in enumerate(parts)]
    for lane in range(32):
        for i, (kind, count, _) in enumerate(parts):
            data += per_lane[i][lane * count * size:(lane + 1) * count * size]
    body = " .reg .b%d a<8>, b<8>, c<8>, d<8>;\n mad.wide.u32 %%px, %%t, %d, %%pi;\n" % (width, step)
    at = 0
    for letter, count in (("a", ra), ("b", rb), ("c", rc)):
        for i in range(count):
            body += " ld.global.b%d %s%d, [%%px+%d];\n" % (width, letter, i, at)
            at += size
    body += " %s %s, %s, %s, %s;\n" % (form, names("d", rd), names("a", ra), names("b", rb), names("c", rc))
    body += " mad.wide.u32 %%px, %%t, %d, %%po;\n" % (rd * size)
    for i in range(rd):
        body += " st.global.b%d [%%px+%d], d%d;\n" % (width, i * size, i)
    Case(form, "tensor", kernel(body), data, 32 * rd * size, block=(32, 1, 1), target=target)


def matrices():
    fill = """ .shared .align 16 .b8 tile[1024]; .reg .b64 s, q; .reg .b32 i, r<4>, x<8>;
 mov.u64 s, tile;
 mad.wide.u32 %px, %t, 32, %pi;
 mad.wide.u32 q, %t, 32, s;
 ld.global.v4.b32 {x0, x1, x2, x3}, [%px];
 ld.global.v4.b32 {x4, x5, x6, x7}, [%px+16];
 st.shared.v4.b32 [q], {x0, x1, x2, x3};
 st.shared.v4.b32 [q+16], {x4, x5, x6, x7};
 bar.sync 0;
"""
    data = elements("u8", 1024, "ldmatrix")
    for count in (1, 2, 4):
        registers = "{" + ", ".join("r%d" % i for i in range(count)) + "}"
        for trans in ("", ".trans"):
            for space in ("", ".shared", ".shared::cta"):
                form = "ldmatrix.sync.aligned.m8n8.x%d%s%s.b16" % (count, trans, space)
                body = fill
                if space == "":
                    body += " cvta.shared.u64 s, s;\n"
                body += " mul.lo.u32 i, %%t, 7;\n add.u32 i, i, 3;\n and.b32 i, i, 31;\n mad.wide.u32 q, i, 16, s;\n %s %s, [q];\n" % (form, registers)
                body += " mad.wide.u32 %%px, %%t, %d, %%po;\n" % (4 * count)
                body += "".join(" st.global.b32 [%%px+%d], r%d;\n" % (4 * i, i) for i in range(count))
                Case(form, "tensor", kernel(body), data, 128 * count, block=(32, 1, 1))
            form = "stmatrix.sync.aligned.m8n8.x%d%s.shared.b16" % (count, trans)
            body = fill + " mov.b32 r0, x0;\n mov.b32 r1, x1;\n mov.b32 r2, x4;\n mov.b32 r3, x6;\n"
            body += " mul.lo.u32 i, %%t, 7;\n add.u32 i, i, 3;\n and.b32 i, i, 31;\n mad.wide.u32 q, i, 16, s;\n %s [q], %s;\n bar.sync 0;\n" % (
                form, registers)
            body += " mad.wide.u32 %px, %t, 32, %po;\n mad.wide.u32 q, %t, 32, s;\n"
            body += "".join(" ld.shared.b32 i, [q+%d];\n st.global.b32 [%%px+%d], i;\n" % (i, i) for i in range(0, 32, 4))
            Case(form, "tensor", kernel(body), data, 1024, block=(32, 1, 1), target="sm_90")
    body = """ .reg .b32 x, y;
 mad.wide.u32 %px, %t, 4, %pi;
 ld.global.b32 x, [%px];
 movmatrix.sync.aligned.m8n8.trans.b16 y, x;
 mad.wide.u32 %px, %t, 4, %po;
 st.global.b32 [%px], y;
"""
    Case("movmatrix", "tensor", kernel(body), data[:128], 128, block=(32, 1, 1))


def all_cases():
    wmma()
    mma()
    matrices()


def _inventory():
    for kind, shapes, types in WMMA:
        for shape in shapes:
            for layout_a in ("row", "col"):
                for layout_b in ("row", "col"):
                    if kind in ("s4", "u4", "b1") and (layout_a, layout_b) != ("row", "col"):
                        continue
                    for d, c in types:
                        yield from wmma_mma_forms(kind, layout_a, layout_b, shape, d, c)
            for space in ("", ".global", ".shared"):
                for layout in ("row", "col"):
                    if kind not in ("s4", "u4", "b1") or layout == "row":
                        yield "wmma.load.a.sync.aligned.%s.%s%s.%s" % (layout, shape, space, kind)
                    if kind not in ("s4", "u4", "b1") or layout == "col":
                        yield "wmma.load.b.sync.aligned.%s.%s%s.%s" % (layout, shape, space, kind)
                    for d in dict.fromkeys(t[0] for t in types):
                        yield "wmma.load.c.sync.aligned.%s.%s%s.%s" % (layout, shape, space, d)
                        yield "wmma.store.d.sync.aligned.%s.%s%s.%s" % (layout, shape, space, d)
    for kind, shapes, types in MMA:
        for shape in shapes:
            for d, c in types:
                for form, _, _ in mma_forms(kind, shape, d, c):
                    yield form
    yield "ldmatrix.sync.aligned.m8n8{.x1,.x2,.x4}{,.trans}{,.shared,.shared::cta}.b16"
    yield "stmatrix.sync.aligned.m8n8{.x1,.x2,.x4}{,.trans}.shared.b16"
    yield "movmatrix.sync.aligned.m8n8.trans.b16"


INVENTORY = list(_inventory())
