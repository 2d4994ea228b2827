"""Loads and stores in every space, width and cache form; atomics and reductions; address arithmetic between spaces."""

from . import values
from .case import Case, exact_bytes, expand, kernel, lanes

TYPES = ["b8", "u8", "s8", "b16", "u16", "s16", "b32", "u32", "s32", "f32", "b64", "u64", "s64", "f64"]
SCOPES = ["cta", "gpu", "sys"]
STRONG = [".%s.%s" % (order, scope) for order in ("relaxed", "acquire") for scope in SCOPES]
PRIORITY = [".L1::evict_normal", ".L1::evict_unchanged", ".L1::evict_first", ".L1::evict_last", ".L1::no_allocate"]
PREFETCH = [".L2::64B", ".L2::128B", ".L2::256B"]

# What stands before the space and what stands behind it.
LOADS = {
    "": [("", ""), (".weak", ""), (".volatile", "")] + [(s, "") for s in STRONG] +
        [("", c) for c in (".ca", ".cg", ".cs", ".lu", ".cv")],
    ".global": [("", ""), (".weak", ""), (".volatile", ""), (".mmio.relaxed.sys", "")] + [(s, "") for s in STRONG] +
               [("", c) for c in [".ca", ".cg", ".cs", ".lu", ".cv", ".nc", ".ca.nc", ".cg.nc", ".cs.nc"] + PRIORITY +
                PREFETCH + [".nc.L1::no_allocate", ".nc.L2::128B"]],
    ".shared": [("", ""), (".weak", ""), (".volatile", "")] + [(s, "") for s in STRONG],
    ".shared::cta": [("", "")],
    ".local": [("", ""), (".weak", "")] + [("", c) for c in (".ca", ".cg", ".cs", ".lu", ".cv")],
    ".const": [("", ""), (".weak", "")],
    ".param": [("", "")],
}
STRONG_STORES = [".%s.%s" % (order, scope) for order in ("relaxed", "release") for scope in SCOPES]
STORES = {
    "": [("", ""), (".weak", ""), (".volatile", "")] + [(s, "") for s in STRONG_STORES] +
        [("", c) for c in (".wb", ".cg", ".cs", ".wt")],
    ".global": [("", ""), (".weak", ""), (".volatile", ""), (".mmio.relaxed.sys", "")] + [(s, "") for s in STRONG_STORES] +
               [("", c) for c in [".wb", ".cg", ".cs", ".wt"] + PRIORITY],
    ".shared": [("", ""), (".weak", ""), (".volatile", "")] + [(s, "") for s in STRONG_STORES],
    ".shared::cta": [("", "")],
    ".local": [("", ""), (".weak", "")] + [("", c) for c in (".wb", ".cg", ".cs", ".wt")],
    ".param": [("", "")],
}


def vectors(kind, prefix=""):
    if ".mmio" in prefix:
        return [""]
    return ["", ".v2", ".v4"] if values.SIZES[kind] < 8 else ["", ".v2"]


def typed(prefix):
    return [prefix + v + "." + kind for kind in TYPES for v in vectors(kind, prefix)]


def register_bits(kind):
    return 64 if values.SIZES[kind] == 8 else 32


def vector(names):
    return names[0] if len(names) == 1 else "{" + ", ".join(names) + "}"


COPY_IN = """ mad.wide.u32 %px, %t, 64, %pi;
 ld.global.v4.b32 {i0, i1, i2, i3}, [%px];
 ld.global.v4.b32 {i4, i5, i6, i7}, [%px+16];
 ld.global.v4.b32 {i8, i9, i10, i11}, [%px+32];
 ld.global.v4.b32 {i12, i13, i14, i15}, [%px+48];
"""


def copy_to(space):
    return COPY_IN + "".join(" st%s.v4.b32 [at+%d], {i%d, i%d, i%d, i%d};\n" % (space, 4 * i, i, i + 1, i + 2, i + 3)
                             for i in (0, 4, 8, 12))


def random_bytes(count, seed):
    random = values.Random(seed)
    return bytes(random.bits(8) for _ in range(count))


def place(space, threads):
    """Text that lets `at` point to the thread's 64 bytes in `space`, filled from the input."""
    declare = " .reg .b64 at, acc, w; .reg .b32 i<16>, x<4>, o; .reg .b64 y<4>;\n"
    if space in ("", ".global"):
        return declare + " mad.wide.u32 at, %t, 64, %pi;\n"
    if space.startswith(".shared"):
        return (declare + " .shared .align 16 .b8 bytes[%d];\n mov.u64 at, bytes;\n mad.wide.u32 at, %%t, 64, at;\n" %
                (64 * threads) + copy_to(".shared"))
    if space == ".local":
        return declare + " .local .align 16 .b8 bytes[64];\n mov.u64 at, bytes;\n" + copy_to(".local")
    return declare + " and.b32 o, %t, 3;\n mov.u64 at, G_c;\n mad.wide.u32 at, o, 64, at;\n"


def fold(names, bits):
    text = ""
    for name in names:
        text += (" cvt.u64.u32 w, %s;\n" % name if bits == 32 else " mov.b64 w, %s;\n" % name)
        text += " mad.lo.u64 acc, acc, 31, w;\n"
    return text


def load_text(space, form_prefix, outputs):
    """All types and vectors, a 64-bit sum over the elements for each type."""
    text = ""
    for i, kind in enumerate(TYPES):
        bits = register_bits(kind)
        text += " mov.b64 acc, 0;\n"
        for step, v in enumerate(vectors(kind, form_prefix)):
            names = [("x%d" if bits == 32 else "y%d") % n for n in range({"": 1, ".v2": 2, ".v4": 4}[v])]
            text += " %s%s.%s %s, [at+%d];\n" % (form_prefix, v, kind, vector(names), 16 * step) + fold(names, bits)
        text += outputs % (8 * i, "acc")
    return text


def loads():
    threads = 32
    for space, forms in LOADS.items():
        if space == ".param":
            continue
        for before, after in forms:
            prefix = "ld" + before + space + after
            const = ""
            if space == ".const":
                const = ".const .align 16 .b8 G_c[256] = {" + ", ".join(map(str, random_bytes(256, "const"))) + "};\n"
            body = place(space, threads) + " mad.wide.u32 %%px, %%t, %d, %%po;\n" % (8 * len(TYPES))
            body += load_text(space, prefix, " st.global.u64 [%%px+%d], %s;\n")
            Case(prefix or "ld", "memory", kernel(body, const), random_bytes(64 * threads, prefix), 8 * len(TYPES) * threads,
                 block=(threads, 1, 1), version="8.4")
    # Parameters of a function: written by st.param, read by ld.param.
    function = """.func (.param .align 16 .b8 G_r[%d]) G_f(.param .align 16 .b8 G_p[64])
{
 .reg .b64 acc, w; .reg .b32 x<4>; .reg .b64 y<4>;
""" % (8 * len(TYPES))
    function += load_text(".param", "ld.param", " st.param.u64 [G_r+%d], %s;\n").replace("[at+", "[G_p+") + " ret;\n}\n"
    body = place("", threads) + COPY_IN + " { .param .align 16 .b8 arg[64]; .param .align 16 .b8 res[%d];\n" % (8 * len(TYPES))
    body += "".join(" st.param.v4.b32 [arg+%d], {i%d, i%d, i%d, i%d};\n" % (4 * i, i, i + 1, i + 2, i + 3)
                    for i in (0, 4, 8, 12))
    body += " call.uni (res), G_f, (arg);\n mad.wide.u32 %%px, %%t, %d, %%po;\n" % (8 * len(TYPES))
    for i in range(len(TYPES)):
        body += " ld.param.u64 w, [res+%d];\n st.global.u64 [%%px+%d], w;\n" % (8 * i, 8 * i)
    Case("ld.param", "memory", kernel(body + " }\n", function), random_bytes(64 * threads, "param"), 8 * len(TYPES) * threads,
         block=(threads, 1, 1))
    lanes("ldu.global", "memory", ["b32"], ["b32", "b32"],
          " mad.wide.u32 %px, %t, 4, %pi;\n ldu.global.u32 d0, [%px];\n ldu.global.b32 d1, [%pi+4];\n", lanes=32)


def stores():
    threads = 8
    offsets, at = {}, 0
    for kind in TYPES:
        for v in vectors(kind):
            size = values.SIZES[kind] * {"": 1, ".v2": 2, ".v4": 4}[v]
            at += -at % size
            offsets[kind, v] = at
            at += size
    total = at + -at % 16
    for space, forms in STORES.items():
        if space == ".param":
            continue
        for before, after in forms:
            prefix = "st" + before + space + after
            body = " .reg .b64 at, y<4>; .reg .b32 x<4>; .reg .b32 i;\n"
            own = space not in ("", ".global")
            if own:
                where = ".local" if space == ".local" else ".shared"
                body += " %s .align 16 .b8 bytes[%d];\n mov.u64 at, bytes;\n" % (where, total * (1 if where == ".local" else threads))
                if where == ".shared":
                    body += " mad.wide.u32 at, %%t, %d, at;\n" % total
                body += "".join(" st%s.b32 [at+%d], 0;\n" % (where, i) for i in range(0, total, 4))
            else:
                body += " mad.wide.u32 at, %%t, %d, %%po;\n" % total
            body += " mad.wide.u32 %px, %t, 64, %pi;\n"
            for n in range(4):
                body += " ld.global.b32 x%d, [%%px+%d];\n ld.global.b64 y%d, [%%px+%d];\n" % (n, 4 * n, n, 16 + 8 * n)
            for (kind, v), offset in offsets.items():
                if v not in vectors(kind, prefix):
                    continue
                names = [("x%d" if register_bits(kind) == 32 else "y%d") % n for n in range({"": 1, ".v2": 2, ".v4": 4}[v])]
                body += " %s%s.%s [at+%d], %s;\n" % (prefix, v, kind, offset, vector(names))
            if own:
                body += " mad.wide.u32 %%px, %%t, %d, %%po;\n" % total
                body += "".join(" ld%s.b32 i, [at+%d];\n st.global.b32 [%%px+%d], i;\n" % (where, i, i)
                                for i in range(0, total, 4))
            Case(prefix, "memory", kernel(body), random_bytes(64 * threads, prefix), total * threads, block=(threads, 1, 1),
                 version="8.4")
    # st.param with every type, into parameters read back as bytes.
    size = total
    function = ".func (.param .align 16 .b8 G_r[%d]) G_f(.param .align 16 .b8 G_p[%d])\n{\n .reg .b32 x;\n" % (size, size)
    function += "".join(" ld.param.b32 x, [G_p+%d];\n not.b32 x, x;\n st.param.b32 [G_r+%d], x;\n" % (i, i)
                        for i in range(0, size, 4)) + " ret;\n}\n"
    body = " .reg .b64 y<4>; .reg .b32 x<4>; .reg .b32 i;\n mad.wide.u32 %px, %t, 64, %pi;\n"
    for n in range(4):
        body += " ld.global.b32 x%d, [%%px+%d];\n ld.global.b64 y%d, [%%px+%d];\n" % (n, 4 * n, n, 16 + 8 * n)
    body += " { .param .align 16 .b8 arg[%d]; .param .align 16 .b8 res[%d];\n" % (size, size)
    body += "".join(" st.param.b32 [arg+%d], 0;\n" % i for i in range(0, size, 4))
    for (kind, v), offset in offsets.items():
        names = [("x%d" if register_bits(kind) == 32 else "y%d") % n for n in range({"": 1, ".v2": 2, ".v4": 4}[v])]
        body += " st.param%s.%s [arg+%d], %s;\n" % (v, kind, offset, vector(names))
    body += " call.uni (res), G_f, (arg);\n mad.wide.u32 %%px, %%t, %d, %%po;\n" % size
    for i in range(0, size, 4):
        body += " ld.param.b32 i, [res+%d];\n st.global.b32 [%%px+%d], i;\n" % (i, i)
    # A GPU's compiler keeps parameters in registers: the bytes behind a short one hold more of the register than was stored.
    written = [(offset, int(kind[1:]) // 8 * {"": 1, ".v2": 2, ".v4": 4}[v]) for (kind, v), offset in offsets.items()]
    Case("st.param", "memory", kernel(body + " }\n", function), random_bytes(64 * threads, "stparam"), size * threads,
         block=(threads, 1, 1), rules=[exact_bytes(size * thread + offset, count) for thread in range(threads)
                                       for offset, count in written])


ATOMICS = [("%s.%s" % (op, t), t) for op in ("and", "or", "xor", "exch", "cas") for t in ("b32", "b64")]
ATOMICS += [("add.%s" % t, t) for t in ("u32", "s32", "u64", "f32", "f64")]
ATOMICS += [("%s.%s" % (op, t), t) for op in ("min", "max") for t in ("u32", "s32", "u64", "s64")]
ATOMICS += [("inc.u32", "u32"), ("dec.u32", "u32"), ("cas.b16", "b16")]
ATOMICS += [("add.noftz.%s" % t, t) for t in ("f16", "f16x2", "bf16", "bf16x2")]
ORDERS = ["", ".relaxed", ".acquire", ".release", ".acq_rel"]
WIDTHS = ["", ".cta", ".gpu", ".sys"]
# Sums stay finite, and some are subnormal, which global memory flushes.
ADDENDS = {
    "f32": [values.f32(v) for v in (0.0, 1.0, -1.5, 3.25, 1e-20, 1e20, -7.0, 0.1)] + [1, 0x80000003, 0x007FFFFF, 0x00800000, 0x80800001],
    "f64": [values.f64(v) for v in (0.0, 1.0, -1.5, 3.25, 1e-200, 1e200, 0.1, 1e-310)],
    "f16": [0, 0x3C00, 0xBE00, 0x4280, 0x0001, 0x8003, 0x03FF, 0x0400, 0x2E66],
    "bf16": [0, 0x3F80, 0xBFC0, 0x4050, 0x0001, 0x8003, 0x007F, 0x0080, 0x3DCC],
}
for _t in ("f16", "bf16"):
    ADDENDS[_t + "x2"] = [a | b << 16 for a, b in zip(ADDENDS[_t], ADDENDS[_t][3:] + ADDENDS[_t][:3])]


def atomic_forms(base, space, operation, orders=None):
    return [base + order + scope + space + "." + operation for order in orders or ORDERS for scope in WIDTHS]


def atomics():
    threads = 32
    for base in ("atom", "red"):
        for operation, kind in ATOMICS:
            name = operation.split(".")[0]
            if base == "red" and name in ("exch", "cas"):
                continue
            for space in ("", ".global", ".shared"):
                size = values.SIZES[kind]
                width = 8 * max(size, 2)
                only = {0: ADDENDS[kind], 1: ADDENDS[kind], 2: ADDENDS[kind]} if kind in ADDENDS else None
                data = values.columns([kind] * 3, threads, base + operation + space, only)
                if name == "cas":
                    data[1] = [v if i % 3 else data[0][i] for i, v in enumerate(data[1])]
                body = " .reg .b64 at, w;\n"
                if space == ".shared":
                    body += " .shared .align 8 .b8 cells[%d];\n mov.u64 at, cells;\n mad.wide.u32 at, %%t, 8, at;\n" % (8 * threads)
                else:
                    body += " mad.wide.u32 at, %t, 8, %po;\n"
                # .f16 cells lie in words of their own.
                body += " st%s.b64 [at], 0;\n st%s.b%d [at], a0;\n mov.b64 d0, 0;\n .reg .b%d v, b;\n mov.b%d b, a1;\n" % (
                    space, space, width, width, width)
                for i, form in enumerate(atomic_forms(base, space, operation,
                                                      None if base == "atom" else ["", ".relaxed", ".release"])):
                    third = ", a2" if name == "cas" else ""
                    result = "v, " if base == "atom" else ""
                    body += " %s %s[at], b%s;\n" % (form, result, third)
                    if base == "red":
                        body += " ld%s.b%d v, [at];\n" % (space, width)
                    body += " cvt.u64.u%d w, v;\n mad.lo.u64 d0, d0, 31, w;\n" % width
                    if name == "cas":
                        body += " mov.b%d b, %s;\n" % (width, ("a2", "v", "a1")[i % 3])
                    elif kind not in ADDENDS:
                        body += " mad.lo.u%d b, b, 5, %d;\n" % (width, i + 1)
                body += " ld%s.b64 d1, [at];\n" % space
                if space != ".shared":
                    # The cells lie where the results go.
                    body += " bar.sync 0;\n"
                target = "sm_90" if "bf16" in kind else "sm_80"
                lanes("%s%s.%s" % (base, space, operation), "atomic", [kind] * 3, ["b64", "b64"], body, columns=data,
                      target=target)


def contended():
    """All threads of several blocks on the same cells: what is left, and sums of what was returned, whatever the order."""
    threads, blocks = 96, 6
    body = """ .reg .b32 g, v, w, n; .reg .pred p; .reg .f32 f; .reg .f64 e; .reg .b64 l;
 mov.u32 g, %ctaid.x;
 mov.u32 n, %ntid.x;
 mad.lo.u32 g, g, n, %t;
 atom.global.add.u32 v, [%pi], 3;
 red.global.add.u32 [%pi+4], v;
 atom.global.max.u32 v, [%pi+8], g;
 atom.global.min.s32 v, [%pi+12], g;
 atom.global.inc.u32 v, [%pi+16], 9;
 red.global.add.u32 [%pi+20], v;
 atom.global.dec.u32 v, [%pi+24], 10;
 red.global.add.u32 [%pi+28], v;
 atom.global.exch.b32 v, [%pi+32], g;
 red.global.add.u32 [%pi+36], v;
 cvt.rn.f32.u32 f, g;
 red.global.add.f32 [%pi+40], f;
 red.global.xor.b32 [%pi+44], g;
 cvt.rn.f64.u32 e, g;
 atom.global.add.f64 e, [%pi+48], e;
 cvt.u64.u32 l, g;
 red.global.add.u64 [%pi+56], l;
 shl.b32 w, 1, g;
 red.global.or.b32 [%pi+64], w;
 not.b32 w, w;
 red.global.and.b32 [%pi+68], w;
 // A counter advanced by compare and swap.
again:
 ld.volatile.global.u32 v, [%pi+72];
 add.u32 w, v, 7;
 atom.global.cas.b32 n, [%pi+72], v, w;
 setp.ne.u32 p, n, v;
 @p bra again;
 // The block that ends last copies the cells.
 membar.gl;
 bar.sync 0;
 setp.ne.u32 p, %t, 0;
 @p bra done;
 atom.global.add.u32 v, [%pi+76], 1;
 mov.u32 n, %nctaid.x;
 sub.u32 n, n, 1;
 setp.ne.u32 p, v, n;
 @p bra done;
 membar.gl;
"""
    for i in range(0, 80, 4):
        body += " ld.relaxed.gpu.global.u32 v, [%%pi+%d];\n st.global.u32 [%%po+%d], v;\n" % (i, i)
    body += "done:\n"

    # The last value exchanged, and with it the sum of the others, depend on the order.
    Case("contended.global", "atomic", kernel(body), bytes(80), 80, grid=(blocks, 1, 1), block=(threads, 1, 1),
         rules=[exact_bytes(0, 32), exact_bytes(40, 40)])
    # The cells of one block in shared memory.
    body = """ .shared .align 8 .b8 cells[64]; .reg .b64 c, l; .reg .b32 v, w, n, o; .reg .pred p; .reg .f32 f;
 mov.u64 c, cells;
 setp.ge.u32 p, %t, 16;
 @p bra ready;
 mad.wide.u32 l, %t, 4, c;
 st.shared.u32 [l], 0;
ready:
 bar.sync 0;
 atom.shared.add.u32 v, [c], 3;
 red.shared.add.u32 [c+4], v;
 red.shared.max.s32 [c+8], %t;
 atom.shared.inc.u32 v, [c+16], 9;
 red.shared.add.u32 [c+20], v;
 atom.shared.exch.b32 v, [c+32], %t;
 red.shared.add.u32 [c+36], v;
 cvt.rn.f32.u32 f, %t;
 red.shared.add.f32 [c+40], f;
 red.shared.xor.b32 [c+44], %t;
again:
 ld.volatile.shared.u32 v, [c+48];
 add.u32 w, v, 7;
 atom.shared.cas.b32 n, [c+48], v, w;
 setp.ne.u32 p, n, v;
 @p bra again;
 // Two more by the first thread of each warp only.
 and.b32 o, %t, 31;
 setp.eq.u32 p, o, 0;
 @p atom.shared.add.u32 v, [c+52], 1;
 bar.sync 0;
 ld.shared.u32 v, [c+32];
 ld.shared.u32 w, [c+36];
 add.u32 v, v, w;
 setp.ge.u32 p, %t, 16;
 @p bra done;
 mad.wide.u32 l, %t, 4, c;
 ld.shared.u32 o, [l];
 setp.eq.u32 p, %t, 8;
 selp.u32 o, 0, o, p;
 setp.eq.u32 p, %t, 9;
 selp.u32 o, v, o, p;
 mad.wide.u32 %px, %t, 4, %po;
 st.global.u32 [%px], o;
done:
"""
    Case("contended.shared", "atomic", kernel(body), b"", 64, block=(256, 1, 1))


def spaces():
    """isspacep, cvta and addresses of variables."""
    body = """ .shared .align 4 .b32 s; .local .align 4 .b32 l; .reg .b64 p<6>; .reg .pred q; .reg .b32 x;
 mov.u64 p0, G_g;
 cvta.global.u64 p0, p0;
 mov.u64 p1, s;
 cvta.shared.u64 p1, p1;
 mov.u64 p2, l;
 cvta.local.u64 p2, p2;
 mov.u64 p3, G_c;
 cvta.const.u64 p3, p3;
 ld.param.u64 p4, [out];
 mov.b32 d0, 0;
"""
    for i in range(5):
        for space in ("global", "shared", "shared::cta", "local", "const"):
            if i == 3 and space == "global":
                continue
            body += " isspacep.%s q, p%d;\n selp.b32 x, 1, 0, q;\n shl.b32 d0, d0, 1;\n or.b32 d0, d0, x;\n" % (space, i)
    body += """ add.u32 x, a0, 1;
 st.shared.u32 [s], x;
 add.u32 x, a0, 2;
 st.local.u32 [l], x;
 ld.u32 d1, [p0];
 bar.warp.sync -1;
 ld.u32 x, [p2];
 st.u32 [p2], a0;
 ld.local.u32 d2, [l];
 add.u32 d2, d2, x;
 ld.u32 d3, [p3];
 cvta.to.shared.u64 p5, p1;
 ld.shared.u32 x, [p5];
 ld.u32 d4, [p1];
 sub.u32 d4, d4, x;
 cvta.to.global.u64 p5, p0;
 ld.global.u32 d5, [p5];
 cvta.to.local.u64 p5, p2;
 ld.local.u32 d6, [p5];
 cvta.to.const.u64 p5, p3;
 ld.const.u32 d7, [p5];
 cvta.global.u64 p5, G_g;
 ld.u32 x, [p5+4];
 add.u32 d5, d5, x;
"""
    before = ".global .align 4 .b32 G_g[2] = {0x12345678, 77};\n.const .align 4 .b32 G_c = 0xCAFEF00D;\n"
    lanes("spaces", "memory", ["b32"], ["b32"] * 8, body, lanes=32, before=before, version="8.0")
    before = """.global .align 4 .b32 G_d[4] = {1, 2, 3, 4};
.global .align 8 .u64 G_a[3] = {G_d, generic(G_d), G_d+8};
.global .align 1 .b8 G_b[5] = {1, 2, 0xFF};
.global .align 4 .f32 G_f[2] = {1.5, 0f3F800000};
.global .align 8 .f64 G_e = 0d3FF8000000000000;
.global .align 2 .u16 G_h[2][2] = {{1, 2}, {3, 4}};
"""
    body = """ .reg .b64 p; .reg .b16 h;
 ld.global.u64 p, [G_a];
 ld.global.u32 d0, [p];
 ld.global.u64 p, [G_a+8];
 ld.u32 d1, [p+4];
 ld.global.u64 p, [G_a+16];
 ld.global.u32 d2, [p];
 ld.global.u8 d3, [G_b+2];
 ld.global.u8 d4, [G_b+4];
 ld.global.b32 d5, [G_f];
 ld.global.b32 d6, [G_f+4];
 ld.global.u16 h, [G_h+4];
 cvt.u32.u16 d7, h;
 ld.global.b32 d8, [G_e+4];
"""
    lanes("initialised", "memory", ["b32"], ["b32"] * 9, body, lanes=32, before=before)
    body = " .reg .b64 g;\n mov.u64 g, G_g;\n"
    for form in PREFETCH_FORMS:
        body += " %s [%%pi];\n" % form if "global" in form or form.count(".") == 1 else ""
    body += " prefetch.L1 [%pi];\n prefetch.L2 [%pi];\n prefetchu.L1 [%pi];\n prefetch.global.L2::evict_last [%pi];\n"
    body += " prefetch.global.L2::evict_normal [%pi];\n applypriority.global.L2::evict_normal [%pi], 128;\n mov.b32 d0, a0;\n"
    lanes("prefetch", "memory", ["b32"], ["b32"], body, lanes=32, before=".global .align 128 .b8 G_g[128];\n")
    body = "".join(" %s;\n" % form for form in FENCES) + " mov.b32 d0, a0;\n"
    lanes("fences", "memory", ["b32"], ["b32"], body, lanes=32, target="sm_90")
    body = """ .reg .b64 policy; .reg .b32 x;
 createpolicy.fractional.L2::evict_last.b64 policy, 1.0;
 mad.wide.u32 %px, %t, 4, %pi;
 ld.global.L2::cache_hint.b32 x, [%px], policy;
 createpolicy.fractional.L2::evict_first.b64 policy;
 ld.global.nc.L2::cache_hint.b32 d0, [%px], policy;
 add.u32 d0, d0, x;
 mad.wide.u32 %px, %t, 4, %po;
 st.global.L2::cache_hint.b32 [%px], d0, policy;
 createpolicy.fractional.L2::evict_unchanged.b64 policy, 0.5;
"""
    lanes("cache_hint", "memory", ["b32"], ["b32"], body, lanes=32)
    # Dynamic shared memory.
    body = """ .reg .b64 p, q; .reg .b32 x;
 mov.u64 p, G_s;
 mad.wide.u32 q, %t, 4, p;
 st.shared.b32 [q], a0;
 bar.sync 0;
 xor.b32 x, %t, 31;
 mad.wide.u32 q, x, 4, p;
 ld.shared.b32 d0, [q];
 mov.u32 d1, %dynamic_smem_size;
"""
    lanes("dynamic_shared", "memory", ["b32"], ["b32", "b32"], body, lanes=64, shared=65536,
          before=".extern .shared .align 16 .b8 G_s[];\n")
    body = """ .reg .b64 p; .reg .b32 x, n;
 and.b32 n, a0, 3;
 add.u32 n, n, 1;
 alloca.u64 p, 64;
 st.local.u32 [p+8], a0;
 ld.local.u32 d0, [p+8];
"""
    lanes("alloca", "memory", ["b32"], ["b32"], body, lanes=32, version="8.0")
    body = """ .reg .b64 p; .reg .b64 s;
 stacksave.u64 s;
 alloca.u64 p, 32;
 st.local.u32 [p], a0;
 ld.local.u32 d0, [p];
 stackrestore.u64 s;
"""
    lanes("stacksave", "memory", ["b32"], ["b32"], body, lanes=32, version="8.0")


PREFETCH_FORMS = ["prefetch.global.L1", "prefetch.global.L2"]
FENCES = expand("membar{.cta,.gl,.sys}") + expand("fence{,.sc,.acq_rel,.acquire,.release}{.cta,.gpu,.sys}")[3:9] + \
    expand("fence{.cta,.gpu,.sys}") + ["fence.proxy.alias"]


def copies():
    """cp.async and mbarrier."""
    words = 64
    body = """ .shared .align 16 .b8 tile[4096]; .reg .b64 s, g, q; .reg .b32 x, z; .reg .pred p;
 mov.u64 s, tile;
 mad.wide.u32 q, %t, 64, s;
 mad.wide.u32 g, %t, 64, %pi;
 st.shared.v4.b32 [q], {-1, -1, -1, -1};
 st.shared.v4.b32 [q+16], {-1, -1, -1, -1};
 st.shared.v4.b32 [q+32], {-1, -1, -1, -1};
 st.shared.v4.b32 [q+48], {-1, -1, -1, -1};
 and.b32 z, %t, 15;
"""
    variants = {
        "ca": [" cp.async.ca.shared.global [q], [g], 4;\n cp.async.ca.shared.global [q+8], [g+8], 8;\n"
               " cp.async.ca.shared.global [q+16], [g+16], 16;\n cp.async.ca.shared::cta.global [q+32], [g+32], 16, z;\n"
               " and.b32 z, z, 3;\n cp.async.ca.shared.global [q+48], [g+48], 4, z;\n cp.async.ca.shared.global [q+56], [g+56], 8, z;\n"],
        "cg": [" cp.async.cg.shared.global [q], [g], 16;\n cp.async.cg.shared.global [q+16], [g+16], 16, z;\n"
               " cp.async.cg.shared.global.L2::128B [q+32], [g+32], 16;\n cp.async.cg.shared.global [q+48], [g], 16, 0;\n"],
        "levels": [" cp.async.ca.shared.global.L2::64B [q], [g], 4;\n cp.async.ca.shared.global.L2::128B [q+8], [g+8], 8;\n"
                   " cp.async.ca.shared.global.L2::256B [q+16], [g+16], 16;\n cp.async.cg.shared.global.L2::64B [q+32], [g+32], 16;\n"
                   " cp.async.cg.shared.global.L2::256B [q+48], [g+48], 16;\n"],
        "ignore": [" setp.lt.u32 p, %t, 20;\n cp.async.ca.shared.global [q], [g], 4, p;\n cp.async.cg.shared.global [q+16], [g+16], 16, p;\n"],
    }
    waits = {
        "wait_all": " cp.async.wait_all;\n",
        "groups": " cp.async.commit_group;\n cp.async.ca.shared.global [q+4], [g+4], 4;\n cp.async.commit_group;\n"
                  " cp.async.wait_group 1;\n cp.async.wait_group 0;\n",
    }
    out = "".join(" ld.shared.b32 x, [q+%d];\n mad.wide.u32 %%px, %%t, 64, %%po;\n st.global.b32 [%%px+%d], x;\n" % (i, i)
                  for i in range(0, 64, 4))
    for name, (text,) in variants.items():
        for wait, end in waits.items():
            Case("cp.async.%s.%s" % (name, wait), "async", kernel(body + text + end + out), random_bytes(64 * words, name),
                 64 * words, block=(words, 1, 1), version="8.4")
    # A barrier object that copies and threads arrive at.
    body = """ .shared .align 8 .b64 bar; .shared .align 16 .b8 tile[1024]; .reg .b64 s, g, q, state, b; .reg .b32 x; .reg .pred p;
 mov.u64 b, bar;
 setp.ne.u32 p, %t, 0;
 @p bra made;
 mbarrier.init.shared.b64 [b], 64;
made:
 bar.sync 0;
"""
    wait = """wait{0}:
 mbarrier.test_wait.shared.b64 p, [b], state;
 @!p bra wait{0};
"""
    text = """ mov.u64 s, tile;
 mad.wide.u32 q, %t, 16, s;
 mad.wide.u32 g, %t, 16, %pi;
 cp.async.ca.shared.global [q], [g], 16;
 cp.async.mbarrier.arrive.noinc.shared.b64 [b];
"""
    text += """ // The copies' own arrivals complete the phase: everybody waits for it by parity.
waitp:
 mbarrier.test_wait.parity.shared.b64 p, [b], 0;
 @!p bra waitp;
 xor.b32 x, %t, 63;
 mad.wide.u32 q, x, 16, s;
 ld.shared.b32 d0, [q];
 ld.shared.b32 d1, [q+12];
"""
    lanes("mbarrier.copies", "async", ["b32"] * 4, ["b32", "b32"], body + text, lanes=64)
    text = """ mbarrier.arrive.shared.b64 state, [b];
""" + wait.format(0) + """ mbarrier.arrive.shared.b64 state, [b];
""" + wait.format(1) + """ setp.ne.u32 p, %t, 5;
 @p bra one;
 mbarrier.arrive.noComplete.shared.b64 state, [b], 1;
 mbarrier.pending_count.b64 x, state;
one:
 bar.sync 0;
 @!p bra skip;
 mbarrier.arrive.shared.b64 state, [b];
skip:
 @p bra done;
 mbarrier.pending_count.b64 d0, state;
 add.u32 d0, d0, x;
 bra tail;
done:
 mov.b32 d0, 1;
tail:
 mbarrier.test_wait.parity.shared.b64 p, [b], 1;
 selp.b32 d1, 1, 0, p;
 bar.sync 0;
 setp.ne.u32 p, %t, 0;
 @p bra end;
 mbarrier.inval.shared.b64 [b];
end:
"""
    # Whether the other warp has arrived when this one tests is open.
    lanes("mbarrier.arrive", "async", ["b32"], ["b32", "b32"], body + text, lanes=64, compared=[exact_bytes(0, 256)])
    text = """ setp.eq.u32 p, %t, 9;
 @p bra drop;
 mbarrier.arrive.shared.b64 state, [b];
 bra phase;
drop:
 mbarrier.arrive_drop.shared.b64 state, [b];
phase:
wait0:
 mbarrier.test_wait.parity.shared.b64 p, [b], 0;
 @!p bra wait0;
 // From now on 63 arrivals complete a phase.
 setp.eq.u32 p, %t, 9;
 @p bra rest;
 mbarrier.arrive.shared.b64 state, [b];
rest:
wait1:
 mbarrier.test_wait.parity.shared.b64 p, [b], 1;
 @!p bra wait1;
 mov.b32 d0, a0;
"""
    lanes("mbarrier.drop", "async", ["b32"], ["b32"], body + text, lanes=64)
    text = """ mbarrier.arrive.release.cta.shared::cta.b64 state, [b];
wait0:
 mbarrier.try_wait.shared.b64 p, [b], state;
 @!p bra wait0;
 mbarrier.arrive.shared.b64 state, [b];
wait1:
 mbarrier.try_wait.parity.shared.b64 p, [b], 1, 1000;
 @!p bra wait1;
 mov.b32 d0, a0;
"""
    lanes("mbarrier.try_wait", "async", ["b32"], ["b32"], body + text, lanes=64, target="sm_90")


def all_cases():
    loads()
    stores()
    atomics()
    contended()
    spaces()
    copies()


INVENTORY = []
for _space, _forms in LOADS.items():
    for _before, _after in _forms:
        INVENTORY += typed("ld" + _before + _space + _after)
for _space, _forms in STORES.items():
    for _before, _after in _forms:
        INVENTORY += typed("st" + _before + _space + _after)
for _operation, _kind in ATOMICS:
    for _space in ("", ".global", ".shared"):
        INVENTORY += atomic_forms("atom", _space, _operation)
        if _operation.split(".")[0] not in ("exch", "cas"):
            INVENTORY += atomic_forms("red", _space, _operation, ["", ".relaxed", ".release"])
INVENTORY += ["ldu.global{.u32,.b32}", "isspacep{.global,.shared,.shared::cta,.local,.const}", "cvta{,.to}{.global,.shared,.local,.const}.u64",
              "prefetch.global{.L1,.L2}", "prefetch{.L1,.L2}", "prefetchu.L1", "prefetch.global.L2::evict_{last,normal}",
              "applypriority.global.L2::evict_normal", "createpolicy.fractional.L2::evict_{last,first,unchanged}.b64",
              "ld.global{,.nc}.L2::cache_hint.b32", "st.global.L2::cache_hint.b32", "alloca.u64", "stacksave.u64", "stackrestore.u64",
              "cp.async.ca.shared{,::cta}.global", "cp.async{.ca,.cg}.shared.global{,.L2::64B,.L2::128B,.L2::256B}",
              "cp.async{.commit_group,.wait_group,.wait_all}", "cp.async.mbarrier.arrive.noinc.shared.b64",
              "mbarrier{.init,.inval,.arrive,.arrive.noComplete,.arrive_drop,.test_wait,.test_wait.parity,.try_wait,.try_wait.parity}.shared.b64",
              "mbarrier.arrive.release.cta.shared::cta.b64", "mbarrier.pending_count.b64"] + FENCES
