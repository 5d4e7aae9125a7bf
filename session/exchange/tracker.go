package exchange

import (
	"strings"
	"time"

	"coapscope/protocol"
)

// Tracker recognises exchanges from frames alone. It matches an ACK or RST by message ID and
// endpoints (RFC 7252 §4.4), a separate response by token and endpoints, the response to a
// multicast request by token and client (§5.3.2, §8.2), and takes a message ID that comes again
// after EXCHANGE_LIFETIME, or with another token or code, for a new message.
//
// On a reliable transport there are neither message IDs nor copies: a response, and a Pong, is matched by token within
// the connection (RFC 8323 §3.4, §5.4), after any time.
//
// It is not safe for concurrent use. Its tables are bounded; besides them it keeps some 40 bytes
// a frame and 250 bytes an exchange.
type Tracker struct {
	lifetime     time.Duration
	epoch        time.Time
	young, old   generation
	carried      []carriedToken      // memory of rotate
	latest       [2]*trackedEndpoint // which the next frame is likely to be from and to
	lastEndpoint uint32
	observed     bool // there has been an observation
	frames       records[frameRecord]
	exchanges    records[tracked]
	resources    map[string]*resource
	scratch      protocol.Message
	key          []byte
}

// resource is path and query of a request. Requests share it.
type resource struct{ path, query string }

// maxResources bounds the memory for telling that two requests are for the same resource.
const maxResources = 1 << 14

// NewTracker gives a tracker that has seen nothing. It goes by the lifetimes that follow from the
// default transmission parameters.
func NewTracker() *Tracker {
	t := &Tracker{
		lifetime:  protocol.DefaultTransmission().ExchangeLifetime(),
		resources: make(map[string]*resource),
	}
	t.young.init()
	t.old.init()
	return t
}

// at gives the exchange, which must exist.
func (t *Tracker) at(i Index) *tracked { return t.exchanges.at(int(i) - 1) }

// sighting is a frame on its way through the tracker.
type sighting struct {
	frame            uint64
	now              time.Duration
	source, dest     *trackedEndpoint
	info             frameRecord
	hasObserve       bool
	observe          uint32
	block1, block2   packedBlock
	isRequest, empty bool
}

// Add takes the next frame and tells what it is. Frames have to come in order of their numbers;
// one that does not is not taken, and unknown.
func (t *Tracker) Add(o Observed) FrameInfo {
	if n := t.frames.length; n > 0 && o.Frame <= t.frames.at(n-1).frame {
		return FrameInfo{}
	}
	if t.epoch.IsZero() {
		t.epoch = o.Time
	}
	s := sighting{frame: o.Frame, now: o.Time.Sub(t.epoch)}
	s.info = frameRecord{frame: o.Frame, role: RoleUnmatched}
	t.rotate(s.now)
	if o.Framing.Reliable() {
		t.reliable(&s, &o)
	} else if t.scratch.ParseExtended(o.Data) != nil {
		s.info.role = RoleMalformed
		t.malformed(&s, &o)
	} else {
		s.source, s.dest = t.endpoint(o.Source), t.endpoint(o.Destination)
		t.recognize(&s)
	}
	t.link(&s)
	return s.info.info()
}

// link appends the frame's record, to its exchange too.
func (t *Tracker) link(s *sighting) {
	t.frames.add(s.info)
	if s.info.index == 0 {
		return
	}
	position := uint32(t.frames.length)
	x := t.at(s.info.index)
	if x.head == 0 {
		x.head = position
	} else {
		t.frames.at(int(x.tail) - 1).next = position
	}
	x.tail = position
	x.frames++
	x.last = max(x.last, s.now)
	if x.response == 0 && (s.info.role == RolePiggybacked || s.info.role == RoleSeparate) {
		x.response = position
	}
}

// malformed puts a frame that cannot be read beside the message that it would answer, if its header
// says so: that much of it a receiver has read as well (RFC 7252 §4.2).
func (t *Tracker) malformed(s *sighting, o *Observed) {
	kind, id, ok := protocol.Header(o.Data)
	if !ok || kind != protocol.Acknowledgement && kind != protocol.Reset {
		return
	}
	s.source, s.dest = t.endpoint(o.Source), t.endpoint(o.Destination)
	if r := t.message(directedID{s.dest.number, s.source.number, id}, s.now); r != nil {
		s.info.index, s.info.related, s.info.rtt = r.index, r.frame, s.now-r.at
	}
}

func (t *Tracker) recognize(s *sighting) {
	m := &t.scratch
	t.look(s)
	switch confirmable := m.Type == protocol.Confirmable; {
	case m.Type == protocol.Acknowledgement || m.Type == protocol.Reset:
		t.answer(s)
	case s.isRequest, s.empty && confirmable:
		t.request(s)
	case m.Code.IsResponse():
		t.separate(s)
	}
}

// look reads what of code and options says how the message belongs to others.
func (t *Tracker) look(s *sighting) {
	m := &t.scratch
	s.empty, s.isRequest = m.IsEmpty(), m.Code.IsRequest()
	for i := range m.Options {
		switch o := &m.Options[i]; o.Number {
		case protocol.Observe:
			if v, ok := protocol.DecodeUint(o.Value); ok && !s.hasObserve {
				s.hasObserve, s.observe = true, uint32(v)&(1<<24-1)
			}
		case protocol.Block1:
			s.block1 = packBlock(o.Value)
		case protocol.Block2:
			s.block2 = packBlock(o.Value)
		}
	}
}

// answers makes the frame one that answers another.
func (s *sighting) answers(role Role, r *messageRecord, number uint32) {
	s.info.index, s.info.role, s.info.number = r.index, role, number
	s.info.related, s.info.rtt = r.frame, s.now-r.at
}

// request takes a CON or NON with a request, or a ping.
func (t *Tracker) request(s *sighting) {
	m := &t.scratch
	key := directedID{s.source.number, s.dest.number, m.MessageID}
	if r := t.message(key, s.now); r != nil && !r.response && r.code == m.Code && r.token == m.Token {
		r.copies++
		t.at(r.index).retransmissions++
		s.info.index, s.info.role, s.info.number, s.info.related = r.index, RoleRetransmission, r.copies, r.frame
		return
	}
	addr := s.dest.addr.Addr()
	x := tracked{
		client: s.source, server: s.dest, seen: true, token: m.Token, first: s.now, last: s.now,
		requestBlock1: s.block1, requestBlock2: s.block2,
		messageID: m.MessageID, requestType: m.Type, method: m.Code,
		multicast: addr.IsMulticast() || addr.Is4() && addr.As4() == [4]byte{255, 255, 255, 255},
	}
	s.info.role = RolePing
	if !s.empty {
		s.info.role = RoleRequest
		x.resource = t.resource()
		x.observe = s.hasObserve && s.observe == protocol.ObserveRegister
		x.deregister = s.hasObserve && s.observe == protocol.ObserveDeregister
	}
	s.info.index = t.begin(&x, s.now)
	r := messageRecord{frame: s.frame, at: s.now, token: m.Token, index: s.info.index, code: m.Code}
	t.keep(key, r)
	if x.multicast {
		key.to = 0
		t.keep(key, r) // a RST comes from elsewhere
	}
}

// begin adds an exchange. The token is its own from now on: an observation that had it ends.
func (t *Tracker) begin(x *tracked, now time.Duration) Index {
	t.exchanges.add(*x)
	index := Index(t.exchanges.length)
	if x.seen && x.method == protocol.Empty {
		return index
	}
	key := conversation(x.client, x.server, x.token, x.framing)
	if x.multicast {
		key.server = 0
	}
	if t.observed {
		if _, before := t.exchangeOf(key, now); before != nil && before.state == StateObserving {
			before.state = StateCancelled
		}
	}
	t.young.tokens[key] = index
	return index
}

// resource gives path and query of the request.
func (t *Tracker) resource() *resource {
	m := &t.scratch
	t.key = t.key[:0]
	for i := range m.Options {
		if o := &m.Options[i]; o.Number == protocol.URIPath || o.Number == protocol.URIQuery {
			t.key = append(t.key, byte(o.Number), byte(len(o.Value)>>8), byte(len(o.Value)))
			t.key = append(t.key, o.Value...)
		}
	}
	if r := t.resources[string(t.key)]; r != nil {
		return r
	}
	uri := protocol.URI{Path: m.Options.Strings(protocol.URIPath), Query: m.Options.Strings(protocol.URIQuery)}
	r := &resource{}
	r.path, r.query, _ = strings.Cut(uri.PathQuery(), "?")
	if len(t.resources) >= maxResources {
		clear(t.resources)
	}
	t.resources[string(t.key)] = r
	return r
}

// separate takes a CON or NON with a response.
func (t *Tracker) separate(s *sighting) {
	m := &t.scratch
	key := directedID{s.source.number, s.dest.number, m.MessageID}
	if r := t.message(key, s.now); r != nil && r.response && r.code == m.Code && r.token == m.Token {
		r.copies++
		if r.index != 0 {
			t.at(r.index).duplicates++
		}
		s.info.index, s.info.role, s.info.number, s.info.related = r.index, RoleDuplicateResponse, r.copies, r.frame
		return
	}
	token := conversationToken{s.dest.number, s.source.number, m.Token}
	index, x := t.exchangeOf(token, s.now)
	if x == nil {
		token.server = 0
		index, x = t.exchangeOf(token, s.now)
	}
	if x == nil && s.hasObserve { // an observation that began before
		index = t.begin(&tracked{
			client: s.dest, server: s.source, token: m.Token, first: s.now, last: s.now, observe: true,
		}, s.now)
		x = t.at(index)
	}
	if x != nil {
		s.info.index = index
		t.respond(s, x, RoleSeparate)
	}
	t.keep(key, messageRecord{frame: s.frame, at: s.now, token: m.Token, index: index, code: m.Code, response: true})
}

// respond takes a response to the exchange, the first or a further one.
func (t *Tracker) respond(s *sighting, x *tracked, role Role) {
	m := &t.scratch
	s.info.role = role
	if x.head != 0 {
		s.info.related = t.frames.at(int(x.head) - 1).frame
	}
	observing := x.state == StateObserving || x.state == StateCancelled
	switch {
	case x.responses > 0 && observing, !x.seen:
		s.info.role = RoleNotification
	case x.responses > 0 && !x.multicast:
		x.duplicates++
		s.info.role, s.info.number = RoleDuplicateResponse, x.duplicates
		if x.response != 0 {
			s.info.related = t.frames.at(int(x.response) - 1).frame
		}
		return
	default:
		s.info.rtt = s.now - x.first
		if x.responses == 0 {
			x.rtt = s.info.rtt
		}
	}
	x.responses++
	s.info.number = x.responses
	x.code, x.responseType, x.responseID = m.Code, m.Type, m.MessageID
	x.responseBlock1, x.responseBlock2 = s.block1, s.block2
	switch {
	case !x.observe || !s.hasObserve || m.Code.Class() != 2:
		// Without the option, or with an error, no notification follows (RFC 7641 §3.2, §4.2).
		x.state = StateAnswered
		return
	case x.state != StateCancelled:
		x.state = StateObserving
		t.observed = true
	}
	x.notifications++
	fresh := x.notifications == 1 || x.framing.Reliable() || // which keeps the order (RFC 8323 §7.1)
		protocol.ObserveFresher(x.sequence, t.epoch.Add(x.sequenceTime), s.observe, t.epoch.Add(s.now))
	if fresh {
		x.sequence, x.sequenceTime = s.observe, s.now
	} else {
		x.stale++
		s.info.stale = true
	}
}

// answer takes an ACK or RST: it goes back to where a message with its ID came from.
func (t *Tracker) answer(s *sighting) {
	m := &t.scratch
	r := t.message(directedID{s.dest.number, s.source.number, m.MessageID}, s.now)
	if r == nil && m.Type == protocol.Reset {
		r = t.message(directedID{s.dest.number, 0, m.MessageID}, s.now)
	}
	if r == nil {
		return
	}
	s.info.related = r.frame // even if it does not fit
	if s.isRequest || m.Code.IsReserved() || m.Type == protocol.Reset && !s.empty {
		return
	}
	var x *tracked
	if r.index != 0 {
		x = t.at(r.index)
	}
	switch ping := !r.response && r.code == protocol.Empty; {
	case ping && s.empty:
		r.acks++
		s.answers(RolePong, r, r.acks)
		if x.responses == 0 {
			x.responses, x.rtt, x.state = 1, s.info.rtt, StateAnswered
		}
	case m.Type == protocol.Reset:
		r.acks++
		s.answers(RoleReset, r, r.acks)
		switch {
		case x == nil || x.multicast:
		case !r.response && (x.state == StateOpen || x.state == StateAcknowledged):
			x.state = StateReset
		case r.response && x.state == StateObserving:
			x.state = StateCancelled // RFC 7641 §3.6
		}
	case s.empty:
		r.acks++
		s.answers(RoleAcknowledgement, r, r.acks)
		if x != nil && !r.response && x.state == StateOpen {
			x.state = StateAcknowledged
		}
	case !r.response && m.Token == r.token:
		s.info.index = r.index
		if x.responses > 0 {
			x.duplicates++
			s.info.role, s.info.number = RoleDuplicateResponse, x.duplicates
			if x.response != 0 {
				s.info.related = t.frames.at(int(x.response) - 1).frame
			}
			return
		}
		t.respond(s, x, RolePiggybacked)
		s.info.related = r.frame
	}
}

// Info tells what a frame is; the zero FrameInfo for one that was not added.
func (t *Tracker) Info(frame uint64) FrameInfo {
	if f := t.record(frame); f != nil {
		return f.info()
	}
	return FrameInfo{}
}

// record finds what is kept of a frame; nil for one that was not added.
func (t *Tracker) record(frame uint64) *frameRecord {
	n := t.frames.length
	if n == 0 {
		return nil
	}
	// Frames are mostly numbered one by one, so the place can be guessed.
	first := t.frames.at(0).frame
	if guess := frame - first; guess < uint64(n) {
		if f := t.frames.at(int(guess)); f.frame == frame {
			return f
		}
	}
	low, high := 0, n
	for low < high {
		if mid := (low + high) / 2; t.frames.at(mid).frame < frame {
			low = mid + 1
		} else {
			high = mid
		}
	}
	if low < n && t.frames.at(low).frame == frame {
		return t.frames.at(low)
	}
	return nil
}

// Len is the number of exchanges.
func (t *Tracker) Len() int { return t.exchanges.length }

// Exchange gives the exchange as it is now; false if there is none with that index.
func (t *Tracker) Exchange(i Index) (Exchange, bool) {
	if i == 0 || int(i) > t.exchanges.length {
		return Exchange{}, false
	}
	x := t.at(i)
	e := Exchange{
		Index: i, Client: x.client.addr, Server: x.server.addr, Multicast: x.multicast,
		Type: x.requestType, Method: x.method, RequestSeen: x.seen, MessageID: x.messageID, Token: x.token,
		Framing: x.framing, State: x.state, Code: x.code, ResponseType: x.responseType, ResponseID: x.responseID,
		First: t.epoch.Add(x.first), Last: t.epoch.Add(x.last), FirstFrame: t.frames.at(int(x.head) - 1).frame,
		RTT: x.rtt, FrameCount: int(x.frames),
		Retransmissions: int(x.retransmissions), Duplicates: int(x.duplicates), Responses: int(x.responses),
		Observe: x.observe, Deregister: x.deregister,
		Notifications: int(x.notifications), Stale: int(x.stale), Sequence: x.sequence,
		RequestBlock1: x.requestBlock1.unpack(), RequestBlock2: x.requestBlock2.unpack(),
		ResponseBlock1: x.responseBlock1.unpack(), ResponseBlock2: x.responseBlock2.unpack(),
	}
	if x.resource != nil {
		e.Path, e.Query = x.resource.path, x.resource.query
	}
	if x.response != 0 {
		e.ResponseFrame = t.frames.at(int(x.response) - 1).frame
	}
	return e, true
}

// Frames gives the frames of an exchange in order; nil if there is none with that index.
func (t *Tracker) Frames(i Index) []uint64 {
	if i == 0 || int(i) > t.exchanges.length {
		return nil
	}
	return t.AppendFrames(make([]uint64, 0, t.at(i).frames), i)
}

// AppendFrames appends the frames of an exchange that come after the last one in frames, which is of the same
// exchange. So who follows an observation with many notifications does not walk through all of them again.
func (t *Tracker) AppendFrames(frames []uint64, i Index) []uint64 {
	if i == 0 || int(i) > t.exchanges.length {
		return frames
	}
	at := t.at(i).head
	if n := len(frames); n > 0 {
		last := t.record(frames[n-1])
		if last == nil || last.index != i {
			return frames
		}
		at = last.next
	}
	for at != 0 {
		f := t.frames.at(int(at) - 1)
		frames, at = append(frames, f.frame), f.next
	}
	return frames
}
