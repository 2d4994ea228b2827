@0xc2f4a1d7e95b3001;
# The vocabulary in which every driver call is described. `capnpc-vgpu` reads it; so can any other generator.
#
# A call is a struct with the annotation `call`, holding a struct `Request` and a struct `Reply`. A field of either is
# tied to the C parameter of the same name (`cName` where Cap'n Proto's naming rules forbid that name):
#   - what the caller hands over is in Request, what it gets back is in Reply, what is both is in both;
#   - a handle that the call creates is a Request field marked `creates`: the guest chooses its id. Where the number of
#     handles is not known beforehand the host chooses, and they are in Reply;
#   - a field without a parameter of its name carries what the C form leaves implicit (an encoding, a location).
# Requests and replies without pointer fields travel as bare data sections ("data-only"): FrameHeader.dataWords says
# how long; bytes after it are the call's trailing payload, where `trailing` names one. All others are ordinary
# single-segment messages. No field has a default, none is Bool, lists hold only numbers.

using Cxx = import "/capnp/c++.capnp";
$Cxx.namespace("vgpu::schema");

enum CallClass {
  local @0;        # answered in the guest, no message
  stream @1;       # published and forgotten; later failures are deferred errors
  create @2;       # published and forgotten; the guest chose the new handle's id
  sync @3;         # one round trip
  completion @4;   # asks whether work is finished; a round trip unless a completion page is shared
  callback @5;     # makes the host call the guest back
}

enum Implementation {
  none @0;         # exported, returns CUDA_ERROR_NOT_SUPPORTED, logs its name once
  generated @1;    # what capnpc-vgpu makes of this description is enough
  written @2;      # hand-written in the file of the call's CUDA object
}

enum ContextNeed {
  none @0;         # works without a current context
  current @1;      # needs a live current context: CUDA_ERROR_INVALID_CONTEXT / _CONTEXT_IS_DESTROYED
  anytime @2;      # works before cuInit too
  stream @3;       # as current for a default stream; an ordinary one has a context of its own
}

enum CaptureBehaviour {
  safe @0;         # allowed while a stream is capturing
  recorded @1;     # becomes a graph node when its stream is capturing
  unsafe @2;       # CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED under a prohibiting capture mode
}

enum HandleKind {
  none @0;
  context @1;
  stream @2;
  event @3;
  module @4;
  function @5;
  library @6;
  kernel @7;
  graph @8;
  graphNode @9;
  graphExec @10;
  memoryPool @11;
  allocation @12;         # CUmemGenericAllocationHandle
  array @13;
  mipmappedArray @14;
  textureObject @15;
  surfaceObject @16;
  textureReference @17;
  surfaceReference @18;
  externalMemory @19;
  externalSemaphore @20;
  graphicsResource @21;
  userObject @22;
  linkState @23;
  greenContext @24;
  resourceDescriptor @25; # CUdevResourceDesc
  eglStream @26;
  logsCallback @27;
  asyncCallback @28;
  graphConditional @29;
  graphDeviceNode @30;
  multicast @31;
}

struct Export {
  # One exported symbol, an ABI variant of the call.
  symbol @0 :Text;
  since @1 :UInt32;         # CUDA version that introduced it, as cuGetProcAddress counts (12030)
  parameters @2 :Text;      # C parameter list where it differs from Call.parameters; empty = the same
  perThread @3 :Bool;       # _ptsz/_ptds: the default stream is the calling thread's own
  resolvedOnly @5 :Bool;    # cuGetProcAddress knows it, but libcuda.so does not export it by name
  guest @4 :Implementation; # only where `parameters` is set: `written` = an adapter in the object's file, else unserved
}

struct Check {
  # A condition on the C parameters that the guest evaluates before anything is sent.
  fails @0 :Text;           # C++ expression over the parameters; true means the call fails
  error @1 :Text;           # the CUresult it yields, for instance CUDA_ERROR_INVALID_VALUE
}

struct Call {
  operation @0 :UInt16;     # permanent; see operations.tsv
  symbol @1 :Text;          # base name, as cuGetProcAddress takes it: "cuMemAlloc"
  parameters @2 :Text;      # C parameter list of the newest ABI: "CUdeviceptr *dptr, size_t bytesize"
  callClass @3 :CallClass;
  guest @4 :Implementation;
  host @5 :Implementation;
  context @6 :ContextNeed;
  capture @7 :CaptureBehaviour;
  exports @8 :List(Export); # every exported symbol, newest ABI last, per-thread forms after their base form
  checks @9 :List(Check);
  result @10 :Text;         # C return type where it is not CUresult
  waiver @11 :Text;         # why a call cannot be served at all, where that is so
}

annotation call @0xc2f4a1d7e95b3002 (struct) :Call;

annotation handle @0xc2f4a1d7e95b3003 (field) :HandleKind;    # an existing handle; 0 = NULL
annotation creates @0xc2f4a1d7e95b3004 (field) :HandleKind;   # the id of the handle this call creates
annotation releases @0xc2f4a1d7e95b3005 (field) :Void;        # the handle ends with this call
annotation cName @0xc2f4a1d7e95b3006 (field) :Text;           # C parameter, where it is not the field's own name
annotation cType @0xc2f4a1d7e95b3007 (field) :Text;           # C type of the value (enum, typedef), for casts and traces
annotation layout @0xc2f4a1d7e95b3008 (field) :Text;          # Data holds this C struct of cuda.h as x86-64 lays it out;
                                                              # with `length`, that many of them
annotation length @0xc2f4a1d7e95b3009 (field) :Text;          # elements of a list, as an expression over C parameters
annotation optional @0xc2f4a1d7e95b300a (field) :Void;        # the C pointer may be NULL
annotation trailing @0xc2f4a1d7e95b300b (struct) :Text;       # what follows the data section, in words

struct Address {
  # A device address that reaches the driver outside a kernel: the host checks that the guest owns
  # [address, address + length).
  length @0 :Text;          # bytes, expression over the C parameters; empty = the address alone
  write @1 :Bool;
}
annotation address @0xc2f4a1d7e95b300c (field) :Address;
annotation allocates @0xc2f4a1d7e95b300d (field) :Text;       # Reply address of new memory; bytes, as an expression
annotation frees @0xc2f4a1d7e95b300e (field) :Void;           # Request address of memory that ends with this call
annotation internal @0xc2f4a1d7e95b300f (struct) :Text;       # a protocol operation that is no driver function: says why
