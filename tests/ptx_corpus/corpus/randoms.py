"""Random structured kernels: arithmetic, divergence, shared and local memory, exchange between lanes, calls. What they
compute does not depend on the order in which threads run, and floating point is written so that nothing may be
contracted; NaNs are made alike before they are looked at as bits.

Nor do they contain what ptxas 13.0 gets wrong when it optimises (all of it was right with CU_JIT_OPTIMIZATION_LEVEL 0):
- `bfi.b32` with a constant length of 32: it inserts nothing;
- a guarded `set.gt.f32.f32`: only half of what it becomes is guarded, so that the old value is taken for an integer;
- a function that calls itself to a depth of each lane's own: the lanes are taken to come back together, and what
  waits for all of them later (barrier, shfl, vote, match, redux) does not wait, or waits for ever.
The PTX ISA leaves open, and its compiler makes use of it, what the magnitude of -2^31 is and which sign a NaN has."""

from . import values
from .case import Case, kernel

COUNT = 1000
WORDS, FLOATS, DOUBLES, LONGS = 8, 4, 3, 4

FUNCTIONS = """.func (.param .b32 G_r) G_mix(.param .b32 G_a, .param .b32 G_b)
{
 .reg .b32 x, y; .reg .pred p;
 ld.param.b32 x, [G_a];
 ld.param.b32 y, [G_b];
 setp.lt.u32 p, x, y;
 @p bra less;
 shf.l.wrap.b32 x, x, y, 7;
 st.param.b32 [G_r], x;
 ret;
less:
 mad.lo.u32 x, x, 5, y;
 xor.b32 x, x, 0x9E3779B9;
 st.param.b32 [G_r], x;
 ret;
}
.func (.param .b32 G_r) G_deep(.param .b32 G_a, .param .b32 G_b)
{
 .reg .b32 x, y, z; .reg .pred p;
 ld.param.b32 x, [G_a];
 ld.param.b32 y, [G_b];
 and.b32 y, y, 7;
 setp.eq.u32 p, y, 0;
 @p bra base;
 sub.u32 z, y, 1;
 {
 .param .b32 a; .param .b32 b; .param .b32 r;
 st.param.b32 [a], x;
 st.param.b32 [b], z;
 call (r), G_deep, (a, b);
 ld.param.b32 z, [r];
 }
 mad.lo.u32 x, z, 3, y;
base:
 st.param.b32 [G_r], x;
 ret;
}
.global .align 8 .u64 G_table[2] = {G_mix, G_deep};
"""

INTEGER = ["add.u32 {d}, {a}, {b}", "sub.s32 {d}, {a}, {b}", "mul.lo.u32 {d}, {a}, {b}", "mul.hi.s32 {d}, {a}, {b}",
           "mul.hi.u32 {d}, {a}, {b}", "mad.lo.s32 {d}, {a}, {b}, {c}", "mad.hi.u32 {d}, {a}, {b}, {c}", "and.b32 {d}, {a}, {b}",
           "or.b32 {d}, {a}, {b}", "xor.b32 {d}, {a}, {b}", "not.b32 {d}, {a}", "shl.b32 {d}, {a}, {b}", "shr.u32 {d}, {a}, {b}",
           "shr.s32 {d}, {a}, {n}", "shl.b32 {d}, {a}, {n}", "shf.r.wrap.b32 {d}, {a}, {b}, {c}", "shf.l.clamp.b32 {d}, {a}, {b}, {c}",
           "min.s32 {d}, {a}, {b}", "max.u32 {d}, {a}, {b}", "max.s32 {t}, {a}, -2147483647;\n abs.s32 {d}, {t}", "neg.s32 {d}, {a}", "popc.b32 {d}, {a}",
           "clz.b32 {d}, {a}", "bfind.s32 {d}, {a}", "brev.b32 {d}, {a}", "bfe.u32 {d}, {a}, {c}, {n}", "bfe.s32 {d}, {a}, {n}, {c}",
           "bfi.b32 {d}, {a}, {b}, {n}, {n2}", "prmt.b32 {d}, {a}, {b}, {c}", "lop3.b32 {d}, {a}, {b}, {c}, {lut}", "sad.u32 {d}, {a}, {b}, {c}",
           "dp4a.u32.s32 {d}, {a}, {b}, {c}", "add.sat.s32 {d}, {a}, {b}", "mul24.lo.u32 {d}, {a}, {b}",
           "or.b32 {t}, {b}, 1;\n div.u32 {d}, {a}, {t}", "or.b32 {t}, {b}, 1;\n rem.u32 {d}, {a}, {t}",
           "and.b32 {t}, {b}, 0xFFFF;\n add.u32 {t}, {t}, 3;\n div.s32 {d}, {a}, {t}",
           "and.b32 {t}, {b}, 0xFFFF;\n add.u32 {t}, {t}, 3;\n rem.s32 {d}, {a}, {t}",
           "add.cc.u32 {t}, {a}, {b};\n addc.u32 {d}, {c}, {a}", "sub.cc.u32 {t}, {a}, {b};\n subc.u32 {d}, {c}, {a}",
           "cvt.s32.s8 {d}, {a}", "cvt.u32.u16 {d}, {a}", "cvt.sat.u8.s32 {d}, {a}", "slct.b32.s32 {d}, {a}, {b}, {c}",
           "set.lt.u32.s32 {d}, {a}, {b}"]
LONG = ["add.s64 {l}, {m}, {k}", "sub.s64 {l}, {m}, {k}", "mul.lo.s64 {l}, {m}, {k}", "mul.hi.u64 {l}, {m}, {k}",
        "mad.wide.s32 {l}, {a}, {b}, {m}", "mul.wide.u32 {l}, {a}, {b}", "xor.b64 {l}, {m}, {k}", "shl.b64 {l}, {m}, {b}",
        "shr.s64 {l}, {m}, {n}", "cvt.s64.s32 {l}, {a}", "cvt.u32.u64 {d}, {m}", "mov.b64 {l}, {{{a}, {b}}}", "brev.b64 {l}, {m}",
        "popc.b64 {d}, {m}", "max.s64 {l}, {m}, {k}", "or.b64 {l}, {m}, 1;\n rem.u64 {l}, {k}, {l}"]
NEVER_GUARDED = "set.gt.f32.f32 {f}, {g}, {h}"
FLOAT = ["add.rn.f32 {f}, {g}, {h}", "sub.rn.f32 {f}, {g}, {h}", "mul.rn.f32 {f}, {g}, {h}", "fma.rn.f32 {f}, {g}, {h}, {e}",
         "fma.rz.f32 {f}, {g}, {h}, {e}", "add.rz.ftz.f32 {f}, {g}, {h}", "mul.rp.f32 {f}, {g}, {h}", "min.f32 {f}, {g}, {h}",
         "max.f32 {f}, {g}, {h}", "abs.f32 {f}, {g}", "neg.f32 {f}, {g}", "div.rn.f32 {f}, {g}, {h}", "sqrt.rn.f32 {f}, {g}",
         "rcp.rn.f32 {f}, {g}", "cvt.rn.f32.s32 {f}, {a}", "cvt.rz.f32.u32 {f}, {a}", "cvt.rzi.s32.f32 {d}, {g}",
         "cvt.rni.u32.f32 {d}, {g}", "cvt.rmi.f32.f32 {f}, {g}", "add.rn.sat.f32 {f}, {g}, {h}", "cvt.rn.f32.s32 {f}, {a};\n copysign.f32 {f}, {f}, {h}",
         "cvt.rn.f16.f32 {s}, {g};\n cvt.f32.f16 {f}, {s}", "fma.rn.ftz.sat.f32 {f}, {g}, {h}, {e}",
         NEVER_GUARDED, "cvt.rn.f16x2.f32 {t}, {g}, {h};\n fma.rn.f16x2 {t}, {t}, {t}, {t};\n mov.b32 {{{s}, {s2}}}, {t};\n cvt.f32.f16 {f}, {s}"]
DOUBLE = ["add.rn.f64 {p}, {q}, {o}", "mul.rn.f64 {p}, {q}, {o}", "fma.rn.f64 {p}, {q}, {o}, {p}", "sub.rm.f64 {p}, {q}, {o}",
          "div.rn.f64 {p}, {q}, {o}", "sqrt.rn.f64 {p}, {q}", "cvt.f64.f32 {p}, {g}", "cvt.rn.f32.f64 {f}, {q}", "cvt.rn.f64.s32 {p}, {a}",
          "cvt.rzi.s64.f64 {l}, {q}", "min.f64 {p}, {q}, {o}", "abs.f64 {p}, {q}"]


class Generator:
    def __init__(self, number):
        self.random = values.Random("kernel %d" % number)
        self.labels = 0
        self.budget = 60 + self.random.below(90)
        self.threads = self.random.choice([32, 64, 96, 128, 256, 40, 100])
        self.blocks = 1 + self.random.below(3)
        self.full = self.threads % 32 == 0
        self.text = []
        # Where statements lie in `text`, (begin, end), an outer one behind those in it: what remains without one of them is a
        # structured kernel too, which reduce.py makes use of.
        self.statements = []

    def emit(self, line):
        self.text.append(" " + line + ";\n")

    def label(self):
        self.labels += 1
        return "L%d" % self.labels

    def word(self):
        return "r%d" % self.random.below(WORDS)

    def fill(self, template):
        pick = self.random.below
        literal = self.random.bits(3) == 0
        return template.format(
            d=self.word(), a=self.word(), b=str(self.random.bits(16)) if literal else self.word(), c=self.word(), t="t0",
            n=pick(32), n2=pick(32), lut=pick(256), l="l%d" % pick(LONGS), m="l%d" % pick(LONGS), k="l%d" % pick(LONGS),
            f="f%d" % pick(FLOATS), g="f%d" % pick(FLOATS), h="f%d" % pick(FLOATS), e="f%d" % pick(FLOATS), s="s0", s2="s1",
            p="e%d" % pick(DOUBLES), q="e%d" % pick(DOUBLES), o="e%d" % pick(DOUBLES))

    def arithmetic(self):
        kind = self.random.below(10)
        table = INTEGER if kind < 5 else FLOAT if kind < 7 else LONG if kind < 9 else DOUBLE
        guard = ""
        if self.random.below(8) == 0:
            self.condition("p0")
            guard = "@p0 " if self.random.bits(1) else "@!p0 "
        template = self.random.choice(table)
        if template == NEVER_GUARDED:
            guard = ""
        for line in self.fill(template).split(";\n"):
            self.emit(guard + line.strip())

    def condition(self, predicate):
        kind = self.random.below(4)
        if kind == 0:
            self.emit("and.b32 t0, %s, %d" % (self.word(), 1 + self.random.below(7)))
            self.emit("setp.%s.u32 %s, t0, 0" % (self.random.choice(["eq", "ne"]), predicate))
        elif kind == 1:
            self.emit("setp.%s.f32 %s, f%d, f%d" % (self.random.choice(["lt", "gtu", "ge", "num", "neu"]), predicate,
                                                    self.random.below(FLOATS), self.random.below(FLOATS)))
        elif kind == 2:
            self.emit("setp.%s.s64 %s, l%d, l%d" % (self.random.choice(["lt", "ge"]), predicate, self.random.below(LONGS),
                                                    self.random.below(LONGS)))
        else:
            self.emit("setp.%s.s32 %s, %s, %s" % (self.random.choice(["lt", "le", "gt", "ge", "eq"]), predicate, self.word(), self.word()))

    def branch(self, depth):
        other, join = self.label(), self.label()
        self.condition("p1")
        self.emit("@%sp1 bra %s" % (self.random.choice(["", "!"]), other))
        self.block(depth + 1, False)
        if self.random.bits(1):
            self.emit("bra " + join)
            self.text.append(other + ":\n")
            self.block(depth + 1, False)
        else:
            self.text.append(other + ":\n")
        self.text.append(join + ":\n")

    def loop(self, depth, together):
        begin, end = self.label(), self.label()
        counter = "i%d" % depth
        if self.random.bits(1):
            self.emit("mov.u32 %s, %d" % (counter, 1 + self.random.below(5)))
        else:
            self.emit("and.b32 %s, %s, 7" % (counter, self.word()))
            together = False
        self.text.append(begin + ":\n")
        self.emit("setp.eq.u32 p2, %s, 0" % counter)
        self.emit("@p2 bra " + end)
        self.emit("sub.u32 %s, %s, 1" % (counter, counter))
        self.block(depth + 1, together)
        if not together and self.random.bits(1):
            self.condition("p3")
            self.emit("@p3 bra " + self.random.choice([begin, end]))
            self.block(depth + 1, False)
        self.emit("bra " + begin)
        self.text.append(end + ":\n")

    def switch(self, depth):
        join = self.label()
        targets = [self.label() for _ in range(2 + self.random.below(3))]
        table = "T" + targets[0]
        self.emit("rem.u32 t0, %s, %d" % (self.word(), len(targets)))
        self.text.append(" %s: .branchtargets %s;\n" % (table, ", ".join(targets)))
        self.emit("brx.idx t0, " + table)
        for target in targets:
            self.text.append(target + ":\n")
            self.block(depth + 1, False)
            if self.random.below(4):
                self.emit("bra " + join)
        self.text.append(join + ":\n")

    def local(self):
        self.emit("and.b32 t0, %s, 15" % self.word())
        self.emit("mad.wide.u32 at, t0, 4, own")
        self.emit("st.local.b32 [at], %s" % self.word())
        self.emit("and.b32 t0, %s, 15" % self.word())
        self.emit("mad.wide.u32 at, t0, 4, own")
        self.emit("ld.local.b32 %s, [at]" % self.word())

    def shared(self):
        self.emit("mad.wide.u32 at, %t, 4, cells")
        self.emit("st.shared.b32 [at], %s" % self.word())
        self.emit("barrier.sync 0")
        self.emit("rem.u32 t0, %s, %d" % (self.word(), self.threads))
        self.emit("mad.wide.u32 at, t0, 4, cells")
        self.emit("ld.shared.b32 %s, [at]" % self.word())
        self.emit("barrier.sync 0")

    def bins(self):
        """Bins in shared memory, read by everybody when all have added."""
        self.emit("barrier.sync 0")
        self.emit("and.b32 t0, %s, 15" % self.word())
        self.emit("mad.wide.u32 at, t0, 4, bin")
        self.emit("ld.shared.b32 %s, [at]" % self.word())
        self.emit("barrier.sync 0")

    def add_to_bin(self):
        self.emit("and.b32 t0, %s, 15" % self.word())
        self.emit("mad.wide.u32 at, t0, 4, bin")
        # One operation only: sums and maxima in the same cell would depend on the order.
        self.emit("red.shared.add.u32 [at], %s" % self.word())

    def exchange(self):
        kind = self.random.below(8)
        if kind < 4:
            mode = ["idx", "bfly", "up", "down"][kind]
            control = 0 if mode == "up" else 31
            if self.random.bits(1):
                control |= self.random.choice([16, 24, 28]) << 8
                if mode != "up":
                    control = control & ~31 | 31
            self.emit("shfl.sync.%s.b32 %s|p0, %s, %s, %d, -1" % (
                mode, self.word(), self.word(), self.random.choice([self.word(), str(self.random.below(32))]) if mode == "idx" else
                self.random.below(32), control))
            self.emit("@p0 xor.b32 {0}, {0}, 85".format(self.word()))
        elif kind == 4:
            self.condition("p0")
            self.emit("vote.sync.ballot.b32 %s, p0, -1" % self.word())
        elif kind == 5:
            self.emit("and.b32 t0, %s, 3" % self.word())
            self.emit("match.any.sync.b32 %s, t0, -1" % self.word())
        elif kind == 6:
            self.emit("redux.sync.%s.s32 %s, %s, -1" % (self.random.choice(["add", "min", "max"]), self.word(), self.word()))
        else:
            self.condition("p0")
            self.emit("vote.sync.%s.pred p0, p0, -1" % self.random.choice(["any", "all"]))
            self.emit("@p0 not.b32 {0}, {0}".format(self.word()))

    def call(self):
        indirect = self.random.below(3) == 0
        if indirect:
            self.emit("and.b32 t0, %s, 1" % self.word())
            self.emit("mov.u64 at, G_table")
            self.emit("mad.wide.u32 at, t0, 8, at")
            self.emit("ld.global.u64 at, [at]")
        name = "at" if indirect else self.random.choice(["G_mix", "G_deep"])
        self.text.append(""" {
 .param .b32 a; .param .b32 b; .param .b32 r;
 st.param.b32 [a], %s;
 st.param.b32 [b], %s;
 call (r), %s, (a, b)%s;
 ld.param.b32 %s, [r];
 }
""" % (self.word(), self.random.below(8), name, ", proto" if indirect else "", self.word()))

    def block(self, depth, together):
        """Statements; `together`: all threads of the block run them."""
        for _ in range(2 + self.random.below(6 if depth == 0 else 4)):
            if self.budget <= 0:
                return
            self.budget -= 1
            begin = len(self.text)
            self.statement(depth, together)
            self.statements.append((begin, len(self.text)))

    def statement(self, depth, together):
        kind = self.random.below(20)
        if kind < 9:
            for _ in range(1 + self.random.below(4)):
                begin = len(self.text)
                self.arithmetic()
                self.statements.append((begin, len(self.text)))
        elif kind < 12 and depth < 4:
            self.branch(depth)
        elif kind == 12 and depth < 3:
            self.loop(depth, together)
        elif kind == 13 and depth < 3:
            self.switch(depth)
        elif kind == 14:
            self.local()
        elif kind == 15:
            self.call()
        elif kind == 16:
            self.add_to_bin()
        elif together and kind == 17:
            self.shared()
        elif together and kind == 18:
            self.bins()
        elif together and self.full:
            self.exchange()

    def build(self):
        self.text.append(""" .shared .align 16 .b8 area[1024]; .shared .align 16 .b8 bins[64]; .local .align 16 .b8 mine[64];
 .reg .b64 at, own, cells, bin; .reg .b32 r<8>, t<2>, i<8>, g; .reg .b64 l<4>; .reg .f32 f<4>; .reg .f64 e<3>; .reg .b16 s<2>;
 .reg .pred p<4>;
 proto: .callprototype (.param .b32 _) _ (.param .b32 _, .param .b32 _);
 mov.u64 cells, area;
 mov.u64 bin, bins;
 mov.u64 own, mine;
 mov.u32 g, %ctaid.x;
 mov.u32 t0, %ntid.x;
 mad.lo.u32 g, g, t0, %t;
 mad.lo.u32 t0, g, 8, SEED;
 and.b32 t0, t0, 1016;
 mad.wide.u32 %px, t0, 4, %pi;
""".replace("SEED", str(8 * self.random.below(128))))
        for i in range(WORDS):
            self.emit("ld.global.b32 r%d, [%%px+%d]" % (i, 4 * i))
        self.emit("xor.b32 r5, r5, g")
        self.emit("mad.lo.u32 r6, g, 0x9E3779B9, r6")
        for i in range(16):
            self.emit("st.local.b32 [own+%d], %d" % (4 * i, 17 * i + 1))
        for i in range(LONGS):
            self.emit("mov.b64 l%d, {r%d, r%d}" % (i, i, i + 4))
        for i in range(FLOATS):
            self.emit("cvt.rn.f32.s32 f%d, r%d" % (i, i + 2))
            self.emit("mul.rn.f32 f%d, f%d, 0f3A83126F" % (i, i))
        for i in range(DOUBLES):
            self.emit("cvt.rn.f64.s32 e%d, r%d" % (i, i + 1))
        self.text.append(""" setp.lt.u32 p0, %t, 16;
 mad.wide.u32 at, %t, 4, bin;
 @p0 st.shared.b32 [at], %t;
 barrier.sync 0;
""")
        while self.budget > 0:
            self.block(0, True)
        self.text.append(" barrier.sync 0;\n and.b32 t0, %t, 15;\n mad.wide.u32 at, t0, 4, bin;\n ld.shared.b32 t1, [at];\n")
        self.text.append(" mad.wide.u32 %px, g, 96, %po;\n add.u32 r0, r0, t1;\n")
        for i in range(WORDS):
            self.emit("st.global.b32 [%%px+%d], r%d" % (4 * i, i))
        for i in range(LONGS):
            self.emit("st.global.b64 [%%px+%d], l%d" % (32 + 8 * i, i))
        for i in range(FLOATS):
            self.emit("setp.nan.f32 p0, f%d, f%d" % (i, i))
            self.emit("selp.f32 f%d, 0f7FC00000, f%d, p0" % (i, i))
            self.emit("st.global.f32 [%%px+%d], f%d" % (64 + 4 * i, i))
        for i in range(2):
            self.emit("setp.nan.f64 p0, e%d, e%d" % (i, i))
            self.emit("selp.f64 e%d, 0d7FF8000000000000, e%d, p0" % (i, i))
            self.emit("st.global.f64 [%%px+%d], e%d" % (80 + 8 * i, i))
        return "".join(self.text)


def input_data():
    return values.pack("u32", values.columns(["u32"], 1024, "random kernels")[0])


def all_cases():
    data = input_data()
    for number in range(COUNT):
        generator = Generator(number)
        body = generator.build()
        total = generator.threads * generator.blocks
        Case("random.%04d" % number, "random", kernel(body, FUNCTIONS), data, 96 * total, grid=(generator.blocks, 1, 1),
             block=(generator.threads, 1, 1), only_hash=True)
