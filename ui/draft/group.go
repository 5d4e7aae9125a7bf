package draft

import (
	"errors"
	"fmt"

	"coapscope/protocol"
)

// MaxGroupPayload is how long the payload of a request to a multicast address may be, in bytes: it goes out as one message,
// as blocks would need an answer each (RFC 7959 §2.8). It is what RFC 7252 §4.6 has a message carry where nothing is known
// of the path.
const MaxGroupPayload = 1024

// group says what a request to many cannot be.
func (b *builder) group(d *Draft) {
	if b.Raw != nil || !b.Multicast && d.Group == "" {
		return
	}
	if i := d.Option(protocol.Observe); i >= 0 {
		b.problem(OptionField, i, errors.New("a group is not observed by one request: Observe registers with each of its members (RFC 7641 §1.2)"))
	}
	if !b.Multicast {
		return
	}
	if d.Method == protocol.Empty {
		b.problem(AddressField, -1, errors.New("a ping is a Confirmable message, and goes to one device (RFC 7252 §4.3, §8.1)"))
	}
	if n := len(b.Request.Message.Payload); n > MaxGroupPayload {
		b.problem(PayloadField, -1, fmt.Errorf("%d bytes are too many for a multicast request: it goes out as one message, of at most %d bytes of payload (RFC 7252 §4.6, RFC 7959 §2.8)", n, MaxGroupPayload))
	}
}
