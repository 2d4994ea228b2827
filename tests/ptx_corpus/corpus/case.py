"""A case: one kernel, its input, and how its output is compared."""

import itertools
import re

from . import values

HEADER = ".version {version}\n.target {target}\n.address_size 64\n"
VERSION = "8.6"
TARGET = "sm_80"

CASES = []


class Case:
    def __init__(self, name, family, ptx, input=b"", output=0, grid=(1, 1, 1), block=(1, 1, 1), shared=0, rules=(),
                 arrays=(), objects=(), target=TARGET, version=VERSION, cooperative=False, only_hash=False):
        self.name = name
        self.family = family
        self.body = ptx
        self.ptx = HEADER.format(version=version, target=target) + ptx
        self.target = target
        self.input = input
        self.output = output
        self.grid = grid
        self.block = block
        self.shared = shared
        self.rules = list(rules)
        self.arrays = list(arrays)
        self.objects = list(objects)
        self.cooperative = cooperative
        self.only_hash = only_hash
        CASES.append(self)

    def forms(self):
        return sorted(set(forms_of(self.body)))


def expand(pattern):
    """a{.x,.y,}b -> a.xb a.yb ab"""
    pieces = re.split(r"\{([^{}]*)\}", pattern)
    choices = [p.split(",") if i % 2 else [p] for i, p in enumerate(pieces)]
    return ["".join(c) for c in itertools.product(*choices)]


_STATEMENT = re.compile(r"(?:^|[;\n{}])\s*(?:\w+:\s*)*(?:@!?[%\w]+\s+)?([a-z][a-z0-9]*)((?:[.:]+\w+)*)(?=[\s;]|$)")


def forms_of(body):
    """Opcodes with their modifiers in a PTX text."""
    for word in _STATEMENT.finditer(body):
        if word.group(1) in OPCODES:
            yield word.group(1) + word.group(2)


# Every opcode that forms_of takes for one; operands at the beginning of a line are not.
OPCODES = set("""abs activemask add addc alloca and applypriority atom bar barrier bfe bfi bfind bmsk bra brev brkpt brx
call clz cnot copysign cos cp createpolicy cvt cvta discard div dp2a dp4a elect ex2 exit fence fma fns isspacep ld
ldmatrix ldu lg2 lop3 mad mad24 madc match max mbarrier membar min mma mov movmatrix mul mul24 nanosleep neg not or
pmevent popc prefetch prefetchu prmt rcp red redux rem ret rsqrt sad selp set setp shf shfl shl shr sin slct sqrt st
stacksave stackrestore stmatrix sub subc suld suq sured sust szext tanh testp tex tld4 trap txq vabsdiff vabsdiff2
vabsdiff4 vadd vadd2 vadd4 vavrg2 vavrg4 vmad vmax vmax2 vmax4 vmin vmin2 vmin4 vote vset vset2 vset4 vshl vshr vsub
vsub2 vsub4 wmma xor""".split())


def rule_for(kind, offset, count, relative=0.0, absolute=0.0, ulps=0.0):
    """How `count` results of `kind` at `offset` are compared: NaNs are equal to one another, the rest is exact unless
    something is allowed."""
    if kind in ("f16x2", "bf16x2"):
        return (kind[:-2], offset, 2 * count, relative, absolute, ulps)
    if kind in ("f16", "bf16", "f32", "f64"):
        return (kind, offset, count, relative, absolute, ulps)
    if kind == "tf32":
        return ("f32", offset, count, relative, absolute, ulps)
    return ("bits", offset, count * values.SIZES[kind], 0, 0, 0)


def exact_bytes(offset, size):
    return ("bits", offset, size, 0, 0, 0)


def register(kind):
    return ".b%d" % max(16, 8 * values.SIZES[kind])


def memory_type(kind):
    size = 8 * values.SIZES[kind]
    return (".s%d" % size) if kind[0] == "s" and kind != "s16x2" else (".u%d" % size)


PROLOGUE = """ .reg .b64 %pi, %po, %px; .reg .b32 %t, %tt; .reg .pred %pp;
 ld.param.u64 %pi, [in];
 ld.param.u64 %po, [out];
 cvta.to.global.u64 %pi, %pi;
 cvta.to.global.u64 %po, %po;
 mov.u32 %t, %tid.x;
"""


def kernel(body, before="", parameters=""):
    """An entry around `body`, which finds in %pi and %po the buffers and in %t its thread's number."""
    return (before + ".visible .entry k(.param .u64 in, .param .u64 out" + parameters + ")\n{\n" + PROLOGUE + body +
            " ret;\n}\n")


def lanes(name, family, inputs, outputs, body, lanes=256, only=None, columns=None, tolerance=None, before="", locals="",
          exact=False, compared=None, **more):
    """A case in which every thread loads a0, a1, ... of the types `inputs`, runs `body` and stores d0, d1, ... of the
    types `outputs`. Predicates are p-named: inputs as q0.., outputs as d0.. hold 0 or 1. `compared`: rules, where not
    all of the output says something."""
    columns = columns or values.columns(inputs, lanes, name, only)
    lanes = len(columns[0]) if columns else lanes
    data = b""
    text = ""
    for i, kind in enumerate(inputs):
        size = values.SIZES[kind]
        data += b"\0" * (-len(data) % 8)
        text += " .reg %s a%d;\n mad.wide.u32 %%px, %%t, %d, %%pi;\n ld.global%s a%d, [%%px+%d];\n" % (
            register(kind), i, size, memory_type(kind), i, len(data))
        if kind == "pred":
            text += " .reg .pred q%d;\n setp.ne.u32 q%d, a%d, 0;\n" % (i, i, i)
        data += values.pack(kind, columns[i])
    for i, kind in enumerate(outputs):
        text += " .reg %s d%d;\n" % (register(kind), i)
    text += locals + body
    offset = 0
    rules = []
    for i, kind in enumerate(outputs):
        size = values.SIZES[kind]
        offset += -offset % 8
        text += " mad.wide.u32 %%px, %%t, %d, %%po;\n st.global%s [%%px+%d], d%d;\n" % (
            size, memory_type(kind).replace(".s", ".u"), offset, i)
        allowed = (tolerance[i] if isinstance(tolerance, list) else tolerance) or {}
        rules.append(rule_for("b%d" % (8 * size) if exact else kind, offset, lanes, **allowed))
        offset += size * lanes
    if compared is not None:
        rules = compared
    # With other rules than these, padding between the parts is as the recorder left it.
    elif all(rule[0] == "bits" for rule in rules):
        rules = []
    return Case(name, family, kernel(text, before), data, offset, block=(lanes, 1, 1), rules=rules, **more)
