package track

import (
	"net/netip"
	"time"

	"coapscope/protocol"
)

// Responder is who answered a multicast request, and how (RFC 7252 §8.2).
type Responder struct {
	Addr       netip.AddrPort
	Frame      uint64 // the first answer
	Time       time.Time
	RTT        time.Duration // from the request to that
	Code       protocol.Code // of the latest answer
	Responses  int           // several for observations
	Duplicates int           // answers again
	Late       bool          // the first came after DEFAULT_LEISURE, the time in which all answer (§8.2)
}

// AppendResponders appends those who answered a multicast request, each once, in the order of their first answers.
func (t *Tracker) AppendResponders(all []Responder, i Index) []Responder {
	if i == 0 || int(i) > t.exchanges.length {
		return all
	}
	x := t.at(i)
	for at := x.responders; at != 0; {
		r := t.responders.at(int(at) - 1)
		all = append(all, Responder{
			Addr: r.endpoint.addr, Frame: t.frameAt(r.frame), Time: t.epoch.Add(r.at), RTT: r.at - x.first, Code: r.code,
			Responses: int(r.responses), Duplicates: int(r.duplicates), Late: r.at-x.first > t.leisure,
		})
		at = r.next
	}
	return all
}

// responder is a Responder in a form fit for many.
type responder struct {
	endpoint              *trackedEndpoint
	at                    time.Duration
	frame, next           uint32 // positions and one more
	responses, duplicates uint32
	code                  protocol.Code
}

// responderKey names who answers a multicast request.
type responderKey struct {
	exchange Index
	endpoint uint32
}

// responder gives who sent this answer to the multicast request.
func (t *Tracker) responder(s *sighting, x *tracked, index Index) *responder {
	key := responderKey{index, s.source.number}
	at := lookUp(t.young.responders, t.old.responders, key)
	if at == 0 {
		t.responders.add(responder{endpoint: s.source, at: s.now, frame: s.position})
		at = uint32(t.responders.length)
		if x.responders == 0 {
			x.responders = at
		} else {
			t.responders.at(int(x.lastResponder) - 1).next = at
		}
		x.lastResponder = at
	}
	t.young.responders[key] = at
	return t.responders.at(int(at) - 1)
}
