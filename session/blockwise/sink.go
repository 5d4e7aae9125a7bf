package blockwise

import (
	"fmt"

	"coapscope/protocol"
)

// sinks tells whether the body of the response goes to the sink: that of a success which has a body.
// A 2.03 has none, and leaves what is there (RFC 7252 §5.9.1.3).
func (t *Transfer) sinks(response protocol.Message) bool {
	return t.config.Sink != nil && response.Code.Class() == 2 && response.Code != protocol.Valid
}

// put adds the payload to the body of the response.
func (t *Transfer) put(response protocol.Message, payload []byte) *Failed {
	if !t.sinks(response) {
		t.received = append(t.received, payload...)
		t.at += int64(len(payload))
		return nil
	}
	if t.blocks == 0 {
		if err := t.config.Sink.Truncate(t.at); err != nil {
			return t.unwritable(fmt.Sprintf("cannot be cut to %d bytes: %v", t.at, err), err)
		}
	}
	if len(payload) > 0 {
		if _, err := t.config.Sink.WriteAt(payload, t.at); err != nil {
			return t.unwritable(fmt.Sprintf("at byte %d: %v", t.at, err), err)
		}
	}
	t.at += int64(len(payload))
	return nil
}

func (t *Transfer) unwritable(what string, err error) *Failed {
	f := t.fail(&Error{Reason: BodyUnwritable, Option: protocol.Block2, Actual: what, Section: "RFC 7959 §2.4", Cause: err})
	return &f
}

// finish ends the transfer with a response that is whole.
func (t *Transfer) finish(response protocol.Message) Step {
	if t.sinks(response) {
		if failed := t.put(response, response.Payload); failed != nil {
			return *failed
		}
		response.Payload = nil
		t.blocks, t.total = 1, t.at
	}
	return t.done(response)
}
