"""The example host with one behaviour broken, and which test of the wire suite has to notice.

    broken_host.py HOST_FOLDER list                     prints "BREAK TEST" for every break
    broken_host.py HOST_FOLDER BREAK --listen URL ...   serves, broken
"""

import os
import sys
import threading

sys.path.insert(0, sys.argv[1])
import device  # noqa: E402
import frames  # noqa: E402
import host as example  # noqa: E402

BREAKS = {}


def breaks(test):
    """Registers a function that breaks something before the host starts."""

    def register(function):
        BREAKS[function.__name__.replace("_", "-")] = (test, function)
        return function

    return register


def wrap(owner, name, changed):
    original = getattr(owner, name)
    setattr(owner, name, lambda *arguments: changed(original, *arguments))


def replace_call(operation, changed):
    original = device.CALLS[operation].code
    device.CALLS[operation].code = lambda *arguments: changed(original, *arguments)


# --- The handshake ---


@breaks("WireHandshake.RefusesOtherVersionsInWords")
def takes_any_version():
    example.Host.check_version = lambda self, version, cuda: None


@breaks("WireHandshake.RefusesOtherVersionsInWords")
def refuses_without_words():
    wrap(example.Host, "refuse", lambda refuse, self, channel, reason: refuse(self, channel, ""))


@breaks("WireHandshake.WantsTheToken")
def compares_the_beginning_of_a_token():
    def check(self, token):
        if not token.startswith(self.token):
            raise example.Refused("this host wants a token, and the guest's is missing or wrong")

    example.Host.check_token = check


@breaks("WireHandshake.JoiningNeedsTheSessionsKey")
def lets_anybody_join():
    example.Host.may_join = lambda self, session, key: session is not None


@breaks("WireHandshake.SessionsAreDistinct")
def has_one_key_for_all():
    def init(original, self):
        original(self)
        self.key = 12345

    wrap(example.Session, "__init__", init)


@breaks("WireHandshake.GrantsOnlyFeaturesThatWereAskedForAndExist")
def grants_features_unasked():
    example.Host.features = lambda self, asked: 1


@breaks("WireHandshake.HalfAHelloHoldsUpNobody")
def greets_one_after_the_other():
    lock = threading.Lock()

    def greet(original, self, channel):
        with lock:
            return original(self, channel)

    example.HELLO_SECONDS = 60
    wrap(example.Host, "greet", greet)


# --- Frames ---


@breaks("WireFraming.AFrameOutOfSequenceEndsTheChannel")
def takes_any_sequence():
    wrap(frames.Channel, "check", lambda check, self, sequence, flags, length: check(
        self, frames.next_sequence(self.received), flags, length))


@breaks("WireFraming.AFrameAboveTheCapEndsTheChannel")
def takes_frames_above_the_cap():
    wrap(frames.Channel, "check", lambda check, self, sequence, flags, length: check(self, sequence, flags, 0))


@breaks("WireFraming.AnswersRepeatOperationAndTicket")
def answers_with_another_ticket():
    wrap(frames.Channel, "send_message", lambda send, self, frame: send(self, frame._replace(ticket=frame.ticket + 1)))


@breaks("WireFraming.FramesOfEverySizeCrossTheEndOfTheBuffers")
def does_not_read_padding():
    def receive(original, self):
        read = self.read
        self.read = lambda count: read(count) if count > 7 or count == 0 else b""
        return original(self)

    wrap(frames.Channel, "receive", receive)


@breaks("WireMemory.OfASessionIsSeenByAllItsChannels")
def pads_with_something():
    frames.Channel.padding = lambda self, length: b"\x55" * (-length % 8)


@breaks("WireMemory.HoldsWhatWasCopiedThere")
def loses_the_last_byte():
    def copy(code, *arguments):
        status, data, trailing = code(*arguments)
        return status, data, trailing[:-1]

    replace_call(835, copy)


@breaks("WireUnknownOperations.AreAnsweredWithNotSupported")
def does_not_answer_the_unknown():
    def answer(original, self, channel, request, status, data, trailing):
        if status != device.NOT_SUPPORTED:
            original(self, channel, request, status, data, trailing)

    wrap(example.Host, "answer", answer)


@breaks("WireUnknownOperations.AreAnsweredWithNotSupported")
def succeeds_with_the_unknown():
    def execute(original, self, session, thread, request):
        status, data, trailing = original(self, session, thread, request)
        return (device.SUCCESS if status == device.NOT_SUPPORTED else status), data, trailing

    wrap(example.Host, "execute", execute)


@breaks("WireUnknownOperations.ThatNobodyWaitsForAreNotAnswered")
def answers_what_nobody_waits_for():
    def answer(original, self, channel, request, status, data, trailing):
        original(self, channel, request._replace(flags=0), status, data, trailing)

    wrap(example.Host, "answer", answer)


# --- Messages of several frames ---


@breaks("WireChunking.AnswersAboveTheCapComeInFrames")
def sends_frames_above_the_cap():
    frames.Channel.send_message = lambda self, frame: self.send(frame)


@breaks("WireChunking.CopiesAroundTheCapArriveWhole")
def loses_the_last_frame():
    def receive(original, self, budget):
        message = original(self, budget)
        if message is not None and message.body and len(message.body) > self.cap:
            message = message._replace(body=message.body[: self.cap])
        return message

    wrap(frames.Channel, "receive_message", receive)


@breaks("WireChunking.InterleavedMessagesEndTheChannel")
def takes_interleaved_frames():
    frames.Channel.belong_together = lambda self, first, frame: True


@breaks("WireBudgets.AMessageAboveTheBudgetIsAnsweredAndTheSessionGoesOn")
def has_no_budget():
    wrap(frames.Channel, "receive_message", lambda receive, self, budget: receive(self, 1 << 60))


# --- Order ---


@breaks("WireTicketOrder.PostedCallsTakeEffectInTicketOrder")
def ignores_tickets():
    example.TicketGate.enter = lambda self, ticket: None


@breaks("WireTicketOrder.AMissingTicketIsPassedOver")
def waits_long_for_missing_tickets():
    example.MISSING_SECONDS = 7


@breaks("WireDeferredErrors.AreReturnedOnceByTheNextCallThatWaits")
def loses_deferred_errors():
    example.Host.settle = lambda self, session, request, status: status


@breaks("WireDeferredErrors.AreReturnedOnceByTheNextCallThatWaits")
def keeps_deferred_errors():
    def settle(original, self, session, request, status):
        kept = session.deferred
        status = original(self, session, request, status)
        session.deferred = session.deferred or kept
        return status

    wrap(example.Host, "settle", settle)


# --- Handles ---


@breaks("WireHandles.ForgedContextsAreRefused")
def takes_forged_handles():
    def bind(code, objects, thread, fields, trailing):
        thread.context = next(iter(objects.contexts), 0)
        return device.SUCCESS, b"", b""

    replace_call(3, bind)


@breaks("WireHandles.OfADestroyedContextAreStale")
def keeps_destroyed_contexts():
    replace_call(449, lambda code, objects, thread, fields, trailing: (device.SUCCESS, b"", b""))


@breaks("WireHandles.OfAnotherSessionAreRefused")
def shares_handles_between_sessions():
    everybodys = set()

    def init(original, self):
        original(self)
        self.contexts = everybodys

    wrap(device.Objects, "__init__", init)


@breaks("WireHandles.IdsThatAGuestMustNotChooseAreRefused")
def lets_a_guest_choose_any_id():
    device.guest_may_choose = lambda kind, handle: True


@breaks("WireContexts.BelongToTheirChannel")
def has_one_current_context_for_all_channels():
    def serve(original, self, channel, session):
        if not hasattr(session, "thread"):
            session.thread = example.Thread()
        make, example.Thread = example.Thread, lambda: session.thread
        try:
            original(self, channel, session)
        finally:
            example.Thread = make

    wrap(example.Host, "serve", serve)


# --- Addresses ---


@breaks("WireAddresses.OutsideOfEveryAllocationAreRefused")
def allows_one_byte_too_many():
    def view(original, self, address, count):
        found = self.range(address)
        inside = found is not None and count == found[1] - (address - found[0]) + 1
        return original(self, address, count - 1 if inside else count)

    wrap(device.Memory, "view", view)
    replace_call(834, lambda code, objects, thread, fields, trailing: code(
        objects, thread, fields, trailing[:size] if (size := room(objects, fields)) else trailing))


def room(objects, fields):
    """The bytes that a copy of one too many would write."""
    found = objects.memory.range(fields[0])
    left = found[1] - (fields[0] - found[0]) if found else 0
    return left if fields[1] == left + 1 else 0


@breaks("WireAddresses.OfFreedMemoryAreRefused")
def keeps_freed_memory():
    device.Memory.free = lambda self, base: device.SUCCESS


@breaks("WireAddresses.OfAnotherSessionAreRefused")
def shares_memory_between_sessions():
    everybodys = device.Memory()

    def init(original, self):
        original(self)
        self.memory = everybodys

    wrap(device.Objects, "__init__", init)


@breaks("WireAddresses.InsideOfAnAllocationCannotBeFreed")
def frees_from_the_inside():
    def free(original, self, address):
        found = self.range(address)
        return original(self, found[0] if found else address)

    wrap(device.Memory, "free", free)


@breaks("WireAddresses.ALyingLengthIsRefused")
def believes_a_length():
    def copy_in(code, objects, thread, fields, trailing):
        return code(objects, thread, fields, trailing[: fields[1]].ljust(fields[1], b"\0") if fields[1] < 1 << 20
                    else trailing)

    replace_call(834, copy_in)


@breaks("WireAddresses.AHostSideThatIsNotSharedIsRefused")
def ignores_the_location_of_a_copy():
    def copy(code, objects, thread, fields, trailing):
        return device.SUCCESS, b"", b""

    replace_call(834, lambda code, objects, thread, fields, trailing: code(objects, thread, fields, trailing)
                 if fields[3] == 0 else copy(code, objects, thread, fields, trailing))


# --- Ends ---


@breaks("WireClose.OfAChannelTouchesNoOther")
def dies_with_a_guest():
    def receive(original, self, budget):
        try:
            return original(self, budget)
        except frames.ProtocolError:
            os._exit(1)

    wrap(frames.Channel, "receive_message", receive)


@breaks("WireClose.OfAChannelTouchesNoOther")
def ends_the_session_with_its_first_channel():
    def end(original, self, session):
        session.objects.__init__()
        original(self, session)

    wrap(example.Host, "end_channel", end)


@breaks("WireClose.AGuestThatGoesTakesItsKeyAlong")
def keeps_sessions_for_ever():
    example.MOST_CHANNELS = 1 << 30

    def end(original, self, session):
        session.channels += 1
        original(self, session)

    wrap(example.Host, "end_channel", end)


@breaks("WireClose.GoodbyeIsAnsweredAndEndsTheChannel")
def ignores_goodbye():
    replace_call(7, lambda code, *arguments: (device.SUCCESS, b"", b""))


if __name__ == "__main__":
    if sys.argv[2] == "list":
        for name, (test, _) in BREAKS.items():
            print(name, test)
        sys.exit(0)
    BREAKS[sys.argv[2]][1]()
    example.run(example.Host, sys.argv[3:])
