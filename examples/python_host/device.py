"""The calls that this host serves, and what they work on: one device whose memory is bytearrays.

Operation numbers, fields and call classes are those of session, primary_context, context, memory and
copy.capnp. A call takes (session, thread, fields, trailing bytes) and returns (CUresult, data, trailing).
"""

import bisect
import itertools
import struct
import threading

import message

# CUresult, from CUDA's documentation.
SUCCESS, INVALID_VALUE, OUT_OF_MEMORY = 0, 1, 2
INVALID_DEVICE, INVALID_CONTEXT, INVALID_HANDLE, NOT_FOUND, NOT_SUPPORTED = 101, 201, 400, 500, 801

CUDA_VERSION = 13000
DEVICE_COUNT = 1
MEMORY_BYTES = 256 << 20
CONTEXT_KIND = 1  # enum HandleKind
MOST_CONTEXTS = 1000

# CUdevice_attribute -> value; all others are 0.
ATTRIBUTES = {1: 1024, 2: 1024, 3: 1024, 4: 64, 5: 2**31 - 1, 6: 65535, 7: 65535, 8: 49152, 9: 65536, 10: 32,
              11: 2**31 - 1, 12: 65536, 13: 1000000, 14: 512, 16: 1, 36: 1000000, 37: 64, 39: 1024, 41: 1,
              75: 7, 76: 5, 81: 65536, 82: 65536}
ATTRIBUTE_COUNT = 148


def guest_may_choose(kind, handle):
    """Whether an id is of the kind and in the guest's half: 4 zero bits, 24 of index, 14 of generation, kind."""
    return handle & 15 == 0 and handle >> 42 == kind and (handle >> 4 & 0xFFFFFF) < 1 << 23


class Memory:
    """The allocations of one session. Addresses are never used twice, in no session."""

    next_address = itertools.count(0x7_0000_0000, MEMORY_BYTES)

    def __init__(self):
        self.bases = []
        self.blocks = {}
        self.used = 0

    def allocate(self, size):
        if size == 0:
            return INVALID_VALUE, 0
        if size > MEMORY_BYTES - self.used:
            return OUT_OF_MEMORY, 0
        base = next(Memory.next_address)
        bisect.insort(self.bases, base)
        self.blocks[base] = bytearray(size)
        self.used += size
        return SUCCESS, base

    def free(self, base):
        if base not in self.blocks:
            return INVALID_VALUE
        self.bases.remove(base)
        self.used -= len(self.blocks.pop(base))
        return SUCCESS

    def range(self, address):
        """(base, size) of the allocation around an address, or None."""
        place = bisect.bisect_right(self.bases, address)
        if place == 0:
            return None
        base = self.bases[place - 1]
        size = len(self.blocks[base])
        return (base, size) if address - base < size else None

    def view(self, address, count):
        """The bytes [address, address + count), or None where they are not all in one allocation."""
        found = self.range(address)
        if found is None or count > found[1] - (address - found[0]):
            return None
        return memoryview(self.blocks[found[0]])[address - found[0] :][:count]


class Objects:
    """What one session has: memory, contexts, and how often it holds the primary context."""

    def __init__(self):
        self.lock = threading.Lock()
        self.memory = Memory()
        self.contexts = set()
        self.primary = 0  # its id, once the guest has chosen it
        self.retains = 0


def ping(objects, thread, fields, trailing):
    return SUCCESS, struct.pack("<Q", *fields), b""


def context_bind(objects, thread, fields, trailing):
    (context,) = fields
    if context == 0 or context in objects.contexts:
        thread.context = context
        return SUCCESS, b"", b""
    # What comes behind this must fail rather than run in the context of before.
    thread.context = 0
    return INVALID_CONTEXT, b"", b""


def device_snapshot(objects, thread, fields, trailing):
    (ordinal,) = fields
    if ordinal != 0:
        return INVALID_DEVICE, b"", b""
    values = [ATTRIBUTES.get(number, 0) for number in range(ATTRIBUTE_COUNT)]
    results = [INVALID_VALUE] + [SUCCESS] * (ATTRIBUTE_COUNT - 1)
    data = struct.pack("<QIi", MEMORY_BYTES, 0, NOT_SUPPORTED)
    return SUCCESS, message.encode(data, ["Bytearrays in Python", "0000:00:00.0", b"python-host-0001", bytes(8),
                                          ("i", results), ("i", values)]), b""


def goodbye(objects, thread, fields, trailing):
    thread.ends = True
    return SUCCESS, b"", b""


def primary_retain(objects, thread, fields, trailing):
    context, device = fields
    if device != 0:
        return INVALID_DEVICE, b"", b""
    if context != objects.primary or context == 0:
        # The guest uses one id for ever.
        if objects.primary or context in objects.contexts or not guest_may_choose(CONTEXT_KIND, context):
            return INVALID_HANDLE, b"", b""
        objects.primary = context
    objects.contexts.add(context)
    objects.retains += 1
    return SUCCESS, b"", b""


def primary_release(objects, thread, fields, trailing):
    if fields[0] != 0:
        return INVALID_DEVICE, b"", b""
    if objects.retains == 0:
        return INVALID_CONTEXT, b"", b""
    objects.retains -= 1
    if objects.retains == 0:
        objects.contexts.discard(objects.primary)
    return SUCCESS, b"", b""


def primary_set_flags(objects, thread, fields, trailing):
    return SUCCESS if fields[0] == 0 else INVALID_DEVICE, b"", b""


def context_create(objects, thread, body, trailing):
    request = message.Struct(body)
    context, _, device = request.data(struct.Struct("<QIi"))
    request.list(0), request.list(1)  # CUctxCreateParams and affinities mean nothing to this device
    if device != 0:
        return INVALID_DEVICE, b"", b""
    if context in objects.contexts or context == objects.primary or not guest_may_choose(CONTEXT_KIND, context):
        return INVALID_HANDLE, b"", b""
    if len(objects.contexts) >= MOST_CONTEXTS:
        return OUT_OF_MEMORY, b"", b""
    objects.contexts.add(context)
    return SUCCESS, b"", b""


def context_destroy(objects, thread, fields, trailing):
    (context,) = fields
    if context not in objects.contexts or context == objects.primary:
        return INVALID_CONTEXT, b"", b""
    objects.contexts.remove(context)
    return SUCCESS, b"", b""


def context_synchronize(objects, thread, fields, trailing):
    return SUCCESS if fields[0] in objects.contexts | {0} else INVALID_CONTEXT, b"", b""


def memory_info(objects, thread, fields, trailing):
    return SUCCESS, struct.pack("<QQ", MEMORY_BYTES - objects.memory.used, MEMORY_BYTES), b""


def memory_allocate(objects, thread, fields, trailing):
    status, address = objects.memory.allocate(fields[0])
    return status, struct.pack("<Q", address), b""


def memory_free(objects, thread, fields, trailing):
    return SUCCESS if fields[0] == 0 else objects.memory.free(fields[0]), b"", b""


def memory_range(objects, thread, fields, trailing):
    found = objects.memory.range(fields[0])
    return (NOT_FOUND, b"", b"") if found is None else (SUCCESS, struct.pack("<QQ", *found), b"")


# enum Location and enum Direction of copy.capnp. This host shares nothing with its guests.
TRAILING = 0
DEVICE_TO_DEVICE, HOST_TO_DEVICE, DEVICE_TO_HOST = 0, 1, 2
DEFAULT_STREAMS = (0, 1, 2)  # the legacy one by default and by name, and the thread's own


def copy_in(objects, target, count, stream, location, trailing):
    if stream not in DEFAULT_STREAMS:
        return INVALID_HANDLE, b"", b""
    view = objects.memory.view(target, count)
    if view is None or location != TRAILING or len(trailing) != count:
        return INVALID_VALUE, b"", b""
    view[:] = trailing
    return SUCCESS, b"", b""


def copy_out(objects, source, count, stream, location, budget):
    if stream not in DEFAULT_STREAMS:
        return INVALID_HANDLE, b"", b""
    view = objects.memory.view(source, count)
    if view is None or location != TRAILING:
        return INVALID_VALUE, b"", b""
    if count > budget:
        return OUT_OF_MEMORY, b"", b""
    return SUCCESS, struct.pack("<Q", count), bytes(view)


def copy_inside(objects, target, source, count, stream):
    if stream not in DEFAULT_STREAMS:
        return INVALID_HANDLE, b"", b""
    to, origin = objects.memory.view(target, count), objects.memory.view(source, count)
    if to is None or origin is None:
        return INVALID_VALUE, b"", b""
    to[:] = bytes(origin)
    return SUCCESS, b"", b""


def host_to_device(objects, thread, fields, trailing):
    target, count, stream, location, _ = fields
    return copy_in(objects, target, count, stream, location, trailing)


def device_to_host(objects, thread, fields, trailing):
    source, count, stream, location, _ = fields
    return copy_out(objects, source, count, stream, location, thread.budget)


def device_to_device(objects, thread, fields, trailing):
    return copy_inside(objects, *fields)


def unified(objects, thread, fields, trailing):
    target, source, count, stream, direction, location, _ = fields
    if direction == HOST_TO_DEVICE:
        return copy_in(objects, target, count, stream, location, trailing)
    if direction == DEVICE_TO_HOST:
        return copy_out(objects, source, count, stream, location, thread.budget)
    if direction != DEVICE_TO_DEVICE:
        return INVALID_VALUE, b"", b""
    return copy_inside(objects, target, source, count, stream)


class Call:
    """One operation: its request's data section, and what its $Vgpu.call annotation says that matters here."""

    def __init__(self, code, layout, reply_words=0, context=False, sync=True):
        self.code = code
        self.layout = None if layout is None else struct.Struct(layout)  # None: the request is a message
        self.reply_words = reply_words  # 0: the reply is empty or a message
        self.context = context  # context = current
        self.sync = sync  # callClass = sync


COPY = "<QQQI4xQ"  # an address, byteCount, stream, location, a hole, stagingOffset
UNIFIED = "<QQQQIIQ"
CALLS = {
    2: Call(ping, "<Q", reply_words=1),
    3: Call(context_bind, "<Q", sync=False),
    4: Call(device_snapshot, "<i4x"),
    7: Call(goodbye, "<"),
    384: Call(primary_retain, "<Qi4x"),
    385: Call(primary_release, "<i4x"),
    386: Call(primary_set_flags, "<iI"),
    448: Call(context_create, None),
    449: Call(context_destroy, "<Q"),
    458: Call(context_synchronize, "<Q"),
    704: Call(memory_info, "<", reply_words=2, context=True),
    705: Call(memory_allocate, "<Q", reply_words=1, context=True),
    707: Call(memory_free, "<Q"),
    708: Call(memory_range, "<Q", reply_words=2, context=True),
    832: Call(unified, UNIFIED, reply_words=1, context=True),
    834: Call(host_to_device, COPY, context=True),
    835: Call(device_to_host, COPY, reply_words=1, context=True),
    836: Call(device_to_device, "<QQQQ", context=True),
    846: Call(unified, UNIFIED, reply_words=1, context=True, sync=False),
    848: Call(host_to_device, COPY, context=True, sync=False),
    849: Call(device_to_host, COPY, reply_words=1, context=True, sync=False),
    850: Call(device_to_device, "<QQQQ", context=True, sync=False),
}
