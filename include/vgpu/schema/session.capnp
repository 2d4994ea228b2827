@0xc2f4a1d7e95b3100;
# What the wire itself says: frames, the handshake, and the operations that are no driver functions.
# docs/wire.md has the rules that a schema cannot say: transports, chunking, order, refusals.

using Vgpu = import "annotations.capnp";
using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema::session");

const protocolVersion :UInt16 = 1;

struct FrameHeader {
  # The first 24 bytes of every frame, on every transport. A frame is this header, `length` bytes of body, and
  # padding to the transport's unit.
  sequence @0 :UInt32;    # frames of one direction of a channel count from 1, skipping 0; written last (the publication)
  operation @1 :UInt16;
  flags @2 :UInt8;        # FrameFlag bits
  dataWords @3 :UInt8;    # 8-byte words of a data-only body; 0 = the body is a message with a root pointer, or empty
  length @4 :UInt32;      # bytes of body in this frame
  status @5 :Int32;       # replies: the CUresult
  ticket @6 :UInt64;      # place in the session's order of calls; a reply repeats its request's
}

enum FrameFlag {
  # Bit numbers in FrameHeader.flags.
  reply @0;               # answers the request with the same ticket
  more @1;                # the body goes on in the next frame of this channel
  noReply @2;             # the sender does not wait: failures become deferred errors
  padding @3;             # fills a ring up to its end; skipped
  descriptor @4;          # a file descriptor travels with this frame
  output @5;              # host to guest: text of the program's kernels waits for OutputTake
}

enum ChannelRole {
  calls @0;               # guest asks, host answers
  callbacks @1;           # host asks, guest answers
}

struct Hello $Vgpu.internal("opens a channel") {
  # First frame from guest to host on every connection. operation 1.
  protocolVersion @0 :UInt16;
  role @1 :UInt16;                # ChannelRole
  processId @2 :UInt32;
  session @3 :UInt64;             # 0 = a new session; else the id that HelloReply gave
  sessionKey @4 :UInt64;          # proves that a joining channel belongs to the session
  features @5 :UInt64;            # Feature bits that the guest can use
  cudaVersion @6 :UInt32;         # CUDA version of the headers the guest was built against (13000)
  ringBytes @7 :UInt32;           # shm: size of the ring memory that travels with this frame as a descriptor
  windowBegin @8 :UInt64;         # address window for shared host memory; 0 = none
  windowBytes @9 :UInt64;
  schemaHashes @10 :List(UInt64); # what each schema file means, in the order of file names
  program @11 :Text;              # for logs
  token @12 :Data;                # authentication; empty where the transport stays on the machine
}

struct HelloReply {
  protocolVersion @0 :UInt16;
  accepted @1 :UInt16;            # 1 = yes; else `reason` says why not, in a sentence
  processId @2 :UInt32;
  session @3 :UInt64;
  sessionKey @4 :UInt64;
  features @5 :UInt64;            # Feature bits in force
  cudaVersion @6 :UInt32;         # cuDriverGetVersion of the backend
  frameCap @7 :UInt32;            # bytes of body one frame may carry
  windowBegin @8 :UInt64;         # window that both sides hold; 0 = no shared window
  windowBytes @9 :UInt64;
  spinMicroseconds @10 :UInt32;   # how long a side spins before it sleeps
  deviceCount @11 :UInt32;
  messageBudget @12 :UInt64;      # bytes one reassembled message may have
  reason @13 :Text;
  schemaHashes @14 :List(UInt64);
  hostName @15 :Text;
  backend @16 :Text;              # path of the backend library
}

enum Feature {
  # Bit numbers in Hello.features.
  descriptors @0;          # file descriptors can travel (shm, unix)
  sharedHostMemory @1;     # pinned host memory is mapped at the same address on both sides
  staging @2;              # bulk bytes travel in a shared staging area
  output @3;               # the host keeps what kernels print, and says so in the frames after which CUDA shows it
}

struct Ping $Vgpu.internal("does nothing; measures a round trip")
    $Vgpu.call(operation = 2, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  struct Request { token @0 :UInt64; }
  struct Reply { token @0 :UInt64; }
}

struct ContextBind $Vgpu.internal("the calling thread's current context from here on; sent before the next call that needs it")
    $Vgpu.call(operation = 3, symbol = "", callClass = stream, guest = written, host = written, context = none) {
  struct Request { context @0 :UInt64 $Vgpu.handle(context); }
  struct Reply {}
}

struct DeviceSnapshot $Vgpu.internal("everything immutable about one device, so that the guest answers locally")
    $Vgpu.call(operation = 4, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  struct Request { ordinal @0 :Int32; }
  struct Reply {
    totalMem @0 :UInt64;
    deviceNodeMask @1 :UInt32;
    luidResult @2 :Int32;              # CUresult of cuDeviceGetLuid on the host
    name @3 :Text;
    pciBusId @4 :Text;
    uuid @5 :Data;                     # 16 bytes, cuDeviceGetUuid_v2
    luid @6 :Data;                     # 8 bytes
    attributeResults @7 :List(Int32);  # CUresult per attribute, index = CUdevice_attribute
    attributes @8 :List(Int32);        # value per attribute, same index
  }
}

struct StagingShare $Vgpu.internal("a memfd for bulk bytes, made by the guest, travels with this frame as a descriptor")
    $Vgpu.call(operation = 5, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  struct Request { bytes @0 :UInt64; }
  struct Reply {}
}

struct CallbackRun $Vgpu.internal("host to guest, on the callback channel: run a host function of the program")
    $Vgpu.call(operation = 6, symbol = "", callClass = callback, guest = written, host = none, context = none) {
  struct Request {
    function @0 :UInt64;   # guest address
    userData @1 :UInt64;
    stream @2 :UInt64 $Vgpu.handle(stream);
    status @3 :Int32;      # CUresult handed to a CUstreamCallback
    kind @4 :UInt32;       # 0 CUhostFn, 1 CUstreamCallback
  }
  struct Reply {}
}

struct Goodbye $Vgpu.internal("the guest ends its session in order")
    $Vgpu.call(operation = 7, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  struct Request {}
  struct Reply {}
}

struct OutputTake $Vgpu.internal("text that the program's kernels wrote, in the order in which they wrote it")
    $Vgpu.call(operation = 11, symbol = "", callClass = sync, guest = written, host = written, context = none) {
  # Asked after a frame with FrameFlag.output, before the call that the frame answers returns: so the text stands in the
  # program's streams where CUDA says that it does.
  struct Request {}
  struct Reply {
    standardOutput @0 :Data;  # for the program's stdout
    standardError @1 :Data;   # for its stderr: failed assertions, and what the device has to say about its code
    more @2 :UInt32;          # 1 = there was more than fits: ask again
  }
}

struct CallableLayout $Vgpu.internal("the parameter block of a kernel that was looked up while no context was current")
    $Vgpu.call(operation = 10, symbol = "", callClass = sync, guest = written, host = written, context = current) {
  # A driver looks a kernel up without a context, but knows its parameters only once it is loaded into one.
  struct Request { callable @0 :UInt64; }  # a kernel or a function
  struct Reply {
    parameterOffsets @0 :List(UInt32);
    parameterSizes @1 :List(UInt32);
  }
}
