package track

import (
	"fmt"
	"net/netip"
	"time"

	"coapscope/protocol"
)

// ObservationIndex numbers the observations of a [Tracker] from 1 in the order in which they began; 0 is none.
type ObservationIndex uint32

// ObservationState is how far an observation has come, and how it ended.
type ObservationState uint8

const (
	ObservationAsked        ObservationState = iota // the registration is not answered
	ObservationActive                               // notifications follow
	ObservationRefused                              // the registration was answered without Observe, or with an error or RST
	ObservationDeregistered                         // ended by a request with Observe 1 (RFC 7641 §3.6)
	ObservationRejected                             // ended by RST to a notification (§3.6)
	ObservationFailed                               // ended by a notification with an error (§3.2, §4.2)
	ObservationWithdrawn                            // ended by a response without Observe (§4.1)
	ObservationReplaced                             // the client used the token for another request
)

var observationStateText = [...]string{
	"asked", "active", "refused", "deregistered", "rejected", "failed", "withdrawn", "replaced",
}

// String gives the state as a word.
func (s ObservationState) String() string {
	if int(s) < len(observationStateText) {
		return observationStateText[s]
	}
	return fmt.Sprintf("ObservationState(%d)", uint8(s))
}

// Observation is what a [Tracker] knows of an observation (RFC 7641): from the registration over those that renewed it,
// with the same token or another, to its end.
type Observation struct {
	Index          ObservationIndex
	Client, Server netip.AddrPort
	Framing        protocol.Framing
	Method         protocol.Code  // Empty where the registration was not seen
	Path, Query    string         // as in [Exchange]
	Token          protocol.Token // of the latest registration
	Exchange       Index          // of that

	State         ObservationState
	Code          protocol.Code // of the latest response
	Registrations int           // 0 where it began before the first frame
	Notifications int           // responses with Observe, the first included; several blocks are one
	Stale         int           // those that came out of order (RFC 7641 §3.4)
	Missing       int           // values that were skipped, of a server that counts notifications by one
	Sequence      uint32        // the newest Observe value

	First, Last               time.Time // of its frames that are requests and responses
	FirstFrame                uint64
	EndFrame                  uint64        // what ended it; 0 for none
	ShortestWait, LongestWait time.Duration // between two notifications that followed each other; 0 for none
}

// Notification is a response with Observe within an observation.
type Notification struct {
	Frame    uint64 // the first, if it came in blocks with Observe in each (RFC 9177 §4.5)
	Time     time.Time
	Wait     time.Duration // since the one before; 0 for the first
	Sequence uint32        // the value of Observe
	Step     int32         // how far that is from the newest before, as RFC 7641 §3.4 counts, modulo 2^24; 0 for the first
	Code     protocol.Code
	Stale    bool
	Transfer TransferIndex // that of its body; 0 if it is whole
}

// Observations is the number of observations.
func (t *Tracker) Observations() int { return t.observations.length }

// Observation gives the observation as it is now; false if there is none with that index.
func (t *Tracker) Observation(i ObservationIndex) (Observation, bool) {
	if i == 0 || int(i) > t.observations.length {
		return Observation{}, false
	}
	o := t.observations.at(int(i) - 1)
	out := Observation{
		Index: i, Client: o.client.addr, Server: o.server.addr, Framing: o.framing, Method: o.method, Token: o.token,
		Exchange: o.exchange, State: o.state, Code: o.code, Registrations: int(o.registrations),
		Notifications: int(o.notifications), Stale: int(o.stale), Sequence: o.sequence,
		First: t.epoch.Add(o.first), Last: t.epoch.Add(o.last), FirstFrame: t.frameAt(o.firstAt), EndFrame: t.frameAt(o.endAt),
		ShortestWait: o.shortest, LongestWait: o.longest,
	}
	if inOrder := o.notifications - o.stale; inOrder > 0 && 2*o.ones >= inOrder-1 {
		out.Missing = int(o.skipped)
	}
	if o.resource != nil {
		out.Path, out.Query = o.resource.path, o.resource.query
	}
	return out, true
}

// AppendNotifications appends the notifications of an observation, in the order of their coming, that come after the
// first skip of them.
func (t *Tracker) AppendNotifications(all []Notification, i ObservationIndex, skip int) []Notification {
	if i == 0 || int(i) > t.observations.length {
		return all
	}
	before := time.Duration(0)
	for at, n := t.observations.at(int(i)-1).head, 0; at != 0; n++ {
		r := t.notifications.at(int(at) - 1)
		if n >= skip {
			f := t.frames.at(int(r.frame) - 1)
			next := Notification{
				Frame: f.frame, Time: t.epoch.Add(r.at), Sequence: r.sequence, Step: r.step, Code: r.code, Stale: f.stale,
				Transfer: f.transfer,
			}
			if n > 0 {
				next.Wait = r.at - before
			}
			all = append(all, next)
		}
		before, at = r.at, r.next
	}
	return all
}

// observation is an Observation in a form fit for many.
type observation struct {
	client, server    *trackedEndpoint
	resource          *resource
	key               uint64
	token             protocol.Token
	first, last       time.Duration
	shortest, longest time.Duration
	exchange          Index
	firstAt, endAt    uint32 // frames, as positions in Tracker.frames and one more
	head, tail        uint32 // notifications, likewise

	registrations, notifications, stale, ones, skipped, sequence uint32

	method, code protocol.Code
	framing      protocol.Framing
	state        ObservationState
}

func (o *observation) ended() bool { return o.state > ObservationActive }

// notification is a Notification in a form fit for millions.
type notification struct {
	at          time.Duration
	frame, next uint32 // positions and one more
	sequence    uint32
	step        int32
	code        protocol.Code
}

// register takes a request with Observe 0, or a notification that no request was seen for (with key 0), to the
// observation that it renews, or begins one.
func (t *Tracker) register(s *sighting, x *tracked, index Index) {
	key := x.subject()
	i := x.observation // that of the token
	if i == 0 && x.seen {
		if i = ObservationIndex(lookUp(t.young.registrations, t.old.registrations, key)); i != 0 {
			if o := t.observations.at(int(i) - 1); o.ended() || s.now-o.last < -t.lifetime {
				i = 0
			}
		}
	}
	if i == 0 {
		t.observations.add(observation{client: x.client, server: x.server, first: s.now, firstAt: s.position, framing: x.framing})
		i = ObservationIndex(t.observations.length)
	}
	o := t.observations.at(int(i) - 1)
	o.exchange, o.token, o.last = index, x.token, max(o.last, s.now)
	if x.seen {
		o.resource, o.key, o.method = x.resource, x.key, x.method
		o.registrations++
		t.young.registrations[key] = uint32(i)
	}
	x.observation = i
}

// superseded ends the observation whose token another request has now, or hands it on to that.
func (t *Tracker) superseded(s *sighting, before, x *tracked) {
	before.state = StateCancelled
	if before.observation == 0 {
		return
	}
	switch o := t.observations.at(int(before.observation) - 1); {
	case o.ended():
	case x.observe && (o.key == x.key || o.key == 0):
		x.observation = before.observation
	case x.deregister:
		x.observation = before.observation
		t.end(s, x, ObservationDeregistered)
	default:
		t.end(s, before, ObservationReplaced)
	}
}

// end ends the observation of the exchange, if it has one that goes on.
func (t *Tracker) end(s *sighting, x *tracked, how ObservationState) {
	if x.observation == 0 {
		return
	}
	o := t.observations.at(int(x.observation) - 1)
	if o.ended() || x.token != o.token && !x.deregister {
		return
	}
	if o.state == ObservationAsked && how != ObservationDeregistered && how != ObservationReplaced {
		how = ObservationRefused
	}
	o.state, o.endAt, o.last = how, s.position, max(o.last, s.now)
}

// notified takes a response with Observe.
func (t *Tracker) notified(s *sighting, x *tracked) {
	if x.observation == 0 {
		return
	}
	o := t.observations.at(int(x.observation) - 1)
	if !o.ended() {
		o.state = ObservationActive
	}
	n := notification{at: s.now, frame: s.position, sequence: s.observe, code: t.scratch.Code}
	if o.head == 0 {
		o.head = uint32(t.notifications.length) + 1
	} else {
		last := t.notifications.at(int(o.tail) - 1)
		last.next = uint32(t.notifications.length) + 1
		if wait := s.now - last.at; wait >= 0 {
			o.longest = max(o.longest, wait)
			if o.shortest == 0 || wait < o.shortest {
				o.shortest = wait
			}
		}
		// The difference has 24 bits, with a sign.
		n.step = int32((s.observe-o.sequence)<<8) >> 8
	}
	t.notifications.add(n)
	o.tail = uint32(t.notifications.length)
	o.notifications++
	switch {
	case s.info.stale:
		o.stale++
		if o.skipped > 0 {
			o.skipped-- // one that seemed to be missing
		}
	case n.step == 1:
		o.ones++
	case n.step > 1 && n.step <= maxSkipped:
		o.skipped += uint32(n.step) - 1
	}
	if !s.info.stale {
		o.sequence = s.observe
	}
	o.code, o.last = n.code, max(o.last, s.now)
}

// maxSkipped is how many notifications in a row may be missing; a server whose values grow by more began anew.
const maxSkipped = 1 << 12
