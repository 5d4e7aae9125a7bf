package track

import (
	"hash/maphash"
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
// Exchanges that together move a body are a [Transfer], those that together observe a resource an [Observation], and
// answers to a multicast request have a [Responder] each. Bodies are not kept: pieces tell in which frames they are.
//
// It is not safe for concurrent use. Its tables are bounded; besides them it keeps some 40 bytes a frame, 20 a block,
// 32 a notification, 40 a responder, 220 an exchange, 150 an observation, 340 a transfer, and tokens longer than 8 bytes.
type Tracker struct {
	lifetime     time.Duration
	leisure      time.Duration
	epoch        time.Time
	young, old   generation
	carried      []carriedToken      // memory of rotate
	rotated      int                 // how many frames there were when the young generation began
	taken        int                 // how many tokens it began with
	latest       [2]*trackedEndpoint // which the next frame is likely to be from and to
	lastEndpoint uint32
	observed     bool // there has been an observation
	frames       records[frameRecord]
	exchanges    records[tracked]
	resources    map[string]*resource
	scratch      protocol.Message
	seed         maphash.Seed
	odd          [3]uint64
	key, rest    []byte // memory of named
	hashed       []byte // memory of hashToken

	transfers     records[transfer]
	pieces        records[piece]
	observations  records[observation]
	notifications records[notification]
	responders    records[responder]
	fresh         []span // memory of place
}

// NewTracker gives a tracker that has seen nothing. It goes by the lifetimes that follow from the
// default transmission parameters.
func NewTracker() *Tracker {
	t := &Tracker{
		lifetime:  protocol.DefaultTransmission().ExchangeLifetime(),
		leisure:   protocol.DefaultTransmission().DefaultLeisure,
		seed:      maphash.MakeSeed(),
		resources: make(map[string]*resource),
	}
	for i := range t.odd {
		t.odd[i] = maphash.Bytes(t.seed, []byte{byte(i)}) | 1
	}
	t.young.init()
	t.old.init()
	return t
}

// at gives the exchange, which must exist.
func (t *Tracker) at(i Index) *tracked { return t.exchanges.at(int(i) - 1) }

// sighting is a frame on its way through the tracker.
type sighting struct {
	position         uint32 // of its frame in Tracker.frames, and one more
	now              time.Duration
	source, dest     *trackedEndpoint
	info             frameRecord
	hasObserve       bool
	observe          uint32
	block1, block2   packedBlock // or Q-Block
	wanted           uint32      // blocks that Q-Block2 options of a request ask for
	payload          uint32      // where it begins in the frame
	size             uint32      // Size1 of a request, Size2 of a response; or noSize
	etag, echo, tag  []byte
	noResponse       uint8
	missingBlocks    bool // the payload is a list of those
	isRequest, empty bool
	reliable         bool
}

// noSize is a size that is not told. No body in blocks is so long.
const noSize = 1<<32 - 1

// Add takes the next frame and tells what it is. Frames have to come in order of their numbers;
// one that does not is not taken, and unknown.
func (t *Tracker) Add(o Observed) FrameInfo {
	if n := t.frames.length; n > 0 && o.Frame <= t.frames.at(n-1).frame {
		return FrameInfo{}
	}
	if t.epoch.IsZero() {
		t.epoch = o.Time
	}
	s := sighting{now: o.Time.Sub(t.epoch), position: uint32(t.frames.length) + 1, size: noSize}
	s.info = frameRecord{frame: o.Frame, role: RoleUnmatched}
	t.rotate(s.now)
	if o.Framing.Reliable() {
		t.reliable(&s, &o)
	} else if t.scratch.ParseExtended(o.Data) != nil {
		s.info.role = RoleMalformed
		t.malformed(&s, &o)
	} else {
		s.source, s.dest = t.endpoint(o.Source), t.endpoint(o.Destination)
		s.payload = uint32(len(o.Data) - len(t.scratch.Payload))
		t.recognize(&s)
	}
	t.link(&s)
	return t.info(&s.info)
}

// info tells what is kept of a frame.
func (t *Tracker) info(f *frameRecord) FrameInfo {
	return FrameInfo{f.index, f.role, int(f.number), t.frameAt(f.related), f.rtt, f.stale, f.transfer}
}

// frameAt gives the number of the frame at a position and one more; 0 for none.
func (t *Tracker) frameAt(position uint32) uint64 {
	if position == 0 {
		return 0
	}
	return t.frames.at(int(position) - 1).frame
}

// link appends the frame's record, to its exchange too.
func (t *Tracker) link(s *sighting) {
	position := s.position
	switch s.info.role {
	case RoleRetransmission, RoleDuplicateResponse, RoleAcknowledgement, RoleReset:
		if s.info.related != 0 {
			s.info.transfer = t.frames.at(int(s.info.related) - 1).transfer
		}
	}
	t.frames.add(s.info)
	if i := s.info.transfer; i != 0 {
		t.transfers.at(int(i)-1).seen(position, s.now)
	}
	if s.info.index == 0 {
		return
	}
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
		s.info.index, s.info.related, s.info.rtt = r.index, r.position, s.now-r.at
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
		case protocol.QBlock1:
			s.block1 = packQBlock(o.Value)
		case protocol.QBlock2:
			q := packQBlock(o.Value)
			if s.block2 == 0 {
				s.block2 = q
			}
			if q != 0 && !q.more() {
				s.wanted++
			}
		case protocol.Size1, protocol.Size2:
			if v, ok := protocol.DecodeUint(o.Value); ok && v < noSize && (o.Number == protocol.Size1) == s.isRequest {
				s.size = uint32(v)
			}
		case protocol.ETag:
			s.etag = o.Value
		case protocol.Echo:
			s.echo = o.Value
		case protocol.RequestTag:
			s.tag = o.Value
		case protocol.NoResponse:
			if len(o.Value) == 1 {
				s.noResponse = o.Value[0] & noResponseClasses
			}
		case protocol.ContentFormatOption:
			v, ok := protocol.DecodeUint(o.Value)
			s.missingBlocks = ok && v == formatMissingBlocks
		}
	}
}

const (
	formatMissingBlocks = 272        // application/missing-blocks+cbor-seq (RFC 9177 §12.3)
	noResponseClasses   = 2 | 8 | 16 // of the option's value, the bits of 2.xx, 4.xx and 5.xx (RFC 7967 §2.1)
)

// answers makes the frame one that answers another.
func (s *sighting) answers(role Role, r *messageRecord, number uint32) {
	s.info.index, s.info.role, s.info.number = r.index, role, number
	s.info.related, s.info.rtt = r.position, s.now-r.at
}

// request takes a CON or NON with a request, or a ping.
func (t *Tracker) request(s *sighting) {
	m := &t.scratch
	key := directedID{s.source.number, s.dest.number, m.MessageID}
	if r := t.message(key, s.now); r != nil && !r.response && r.code == m.Code && r.token == m.Token {
		r.copies++
		t.at(r.index).retransmissions++
		s.info.index, s.info.role, s.info.number, s.info.related = r.index, RoleRetransmission, r.copies, r.position
		return
	}
	addr := s.dest.addr.Addr()
	x := t.exchange(s, s.source, s.dest, protocol.DatagramFraming)
	x.seen, x.messageID, x.requestType, x.method = true, m.MessageID, m.Type, m.Code
	x.multicast = addr.IsMulticast() || addr.Is4() && addr.As4() == [4]byte{255, 255, 255, 255}
	s.info.role = RolePing
	if !s.empty {
		t.asked(s, x)
	}
	t.begin(s, x)
	r := messageRecord{position: s.position, at: s.now, token: m.Token, index: s.info.index, code: m.Code}
	t.keep(key, r)
	if x.multicast {
		key.to = 0
		t.keep(key, r) // a RST comes from elsewhere
	}
}

// asked takes what a request says into its exchange.
func (t *Tracker) asked(s *sighting, x *tracked) {
	s.info.role = RoleRequest
	t.named(x)
	x.requestBlock1, x.requestBlock2 = s.block1, s.block2
	x.observe = s.hasObserve && s.observe == protocol.ObserveRegister
	x.deregister = s.hasObserve && s.observe == protocol.ObserveDeregister
	if s.tag != nil {
		x.tag = opaqueOf(s.tag)
	}
	if x.noResponse = s.noResponse; s.noResponse == noResponseClasses {
		x.state = StateSilent
	}
}

// exchange adds one that begins with the message, and makes it that of the frame.
func (t *Tracker) exchange(s *sighting, client, server *trackedEndpoint, f protocol.Framing) *tracked {
	x := t.exchanges.next()
	x.client, x.server, x.framing, x.token, x.first, x.last = client, server, f, t.scratch.Token, s.now, s.now
	s.info.index = Index(t.exchanges.length)
	return x
}

// begin relates the frame's exchange, which is new, to others. The token is its own from now on: an observation that
// had it ends.
func (t *Tracker) begin(s *sighting, x *tracked) {
	index := s.info.index
	if x.seen && x.method == protocol.Empty {
		return
	}
	key := conversation(x.client, x.server, x.token, x.framing)
	if x.multicast {
		key.server = 0
	}
	if t.observed {
		if _, before := t.exchangeOf(key, s.now); before != nil && before.state == StateObserving {
			t.superseded(s, before, x)
		}
	}
	t.young.tokens[t.hashToken(key)] = index
	if x.observe && !x.multicast {
		t.register(s, x, index)
	}
	if x.seen {
		t.repeats(s, x, index)
		t.asks(s, x)
	}
}

// separate takes a CON or NON with a response.
func (t *Tracker) separate(s *sighting) {
	m := &t.scratch
	key := directedID{s.source.number, s.dest.number, m.MessageID}
	if r := t.message(key, s.now); r != nil && r.response && r.code == m.Code && r.token == m.Token {
		r.copies++
		if r.index != 0 {
			x := t.at(r.index)
			x.duplicates++
			if x.multicast {
				t.responder(s, x, r.index).duplicates++
			}
		}
		s.info.index, s.info.role, s.info.number, s.info.related = r.index, RoleDuplicateResponse, r.copies, r.position
		return
	}
	token := conversationToken{s.dest.number, s.source.number, m.Token}
	index, x := t.exchangeOf(token, s.now)
	if x == nil {
		token.server = 0
		index, x = t.exchangeOf(token, s.now)
	}
	if x == nil && s.hasObserve { // an observation that began before
		x = t.exchange(s, s.dest, s.source, protocol.DatagramFraming)
		x.observe = true
		index = s.info.index
		t.begin(s, x)
	}
	r := messageRecord{position: s.position, at: s.now, token: m.Token, index: index, code: m.Code, response: true}
	if x != nil {
		r.token = x.token // the same, and if it is long, in the same memory
		s.info.index = index
		t.respond(s, x, RoleSeparate)
	}
	t.keep(key, r)
}

// respond takes a response to the exchange, the first or a further one.
func (t *Tracker) respond(s *sighting, x *tracked, role Role) {
	m := &t.scratch
	s.info.role, s.info.related = role, x.head
	first := x.responses == 0
	observing := x.state == StateObserving || x.state == StateCancelled
	part := s.block2.q() && !first // one of many blocks with the same token (RFC 9177 §4.4)
	// Of those of an observation, it is the same notification.
	same := part && x.transfer != 0 && s.hasObserve && x.notifications > 0 && s.observe == x.sequence
	switch {
	case x.multicast:
		r := t.responder(s, x, s.info.index)
		if r.code = m.Code; r.responses > 0 && !(observing && s.hasObserve) {
			r.duplicates++
			x.duplicates++
			s.info.role, s.info.number, s.info.related = RoleDuplicateResponse, x.duplicates, r.frame
			return
		}
		if r.responses++; r.responses > 1 {
			s.info.role = RoleNotification
		} else {
			x.answerers++
			s.info.rtt = s.now - x.first
		}
	case same && x.notifications == 1:
		s.info.rtt = s.now - x.first
	case !first && observing, !x.seen:
		s.info.role = RoleNotification
	case !first && !part && !x.requestBlock1.q(): // RFC 9177 §4.3: of that block come 2.31, 4.08 and the last
		x.duplicates++
		s.info.role, s.info.number = RoleDuplicateResponse, x.duplicates
		if x.response != 0 {
			s.info.related = x.response
		}
		return
	default:
		s.info.rtt = s.now - x.first
	}
	if first {
		x.rtt = s.info.rtt
	}
	x.responses++
	s.info.number = x.responses
	x.code, x.responseType, x.responseID = m.Code, m.Type, m.MessageID
	x.responseBlock1, x.responseBlock2 = s.block1, s.block2
	switch {
	case same:
	case !x.observe || !s.hasObserve || m.Code.Class() != 2:
		// Without the option, or with an error, no notification follows (RFC 7641 §3.2, §4.2), unless it is a block.
		t.unobserved(s, x)
	default:
		t.observes(s, x)
	}
	if m.Code == protocol.Unauthorized && s.echo != nil && x.seen {
		t.challenged(x, s.info.index, RepeatEcho, s.echo)
	}
	if s.block2 != 0 || x.transfer != 0 {
		t.moves(s, x)
	}
}

// unobserved takes a response that ends an observation, if it was one.
func (t *Tracker) unobserved(s *sighting, x *tracked) {
	m := &t.scratch
	if s.block1.q() || x.requestBlock1.several() && m.Code == protocol.Continue || s.block2.q() && x.responses > 1 {
		if x.state < StateAnswered {
			x.state = StateAnswered
		}
		return
	}
	x.state = StateAnswered
	if x.observation != 0 && x.observe {
		how := ObservationWithdrawn
		if m.Code.Class() != 2 {
			how = ObservationFailed
		}
		t.end(s, x, how)
	}
}

// observes takes a notification, also the first, which is the response to the registration.
func (t *Tracker) observes(s *sighting, x *tracked) {
	if x.state != StateCancelled {
		x.state = StateObserving
		t.observed = true
	}
	x.notifications++
	fresh := x.notifications == 1 || x.multicast || x.framing.Reliable() || // which keeps the order (RFC 8323 §7.1)
		protocol.ObserveFresher(x.sequence, t.epoch.Add(x.sequenceTime), s.observe, t.epoch.Add(s.now))
	if fresh {
		x.sequence, x.sequenceTime = s.observe, s.now
	} else {
		x.stale++
		s.info.stale = true
	}
	t.notified(s, x)
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
	s.info.related = r.position // even if it does not fit
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
		case !r.response && (x.state == StateOpen || x.state == StateAcknowledged || x.state == StateSilent):
			x.state = StateReset
			t.rejected(s, x, r.index)
		case r.response && x.state == StateObserving:
			x.state = StateCancelled // RFC 7641 §3.6
			t.end(s, x, ObservationRejected)
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
				s.info.related = x.response
			}
			return
		}
		t.respond(s, x, RolePiggybacked)
		s.info.related = r.position
	}
}

// Info tells what a frame is; the zero FrameInfo for one that was not added.
func (t *Tracker) Info(frame uint64) FrameInfo {
	if f := t.record(frame); f != nil {
		return t.info(f)
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
		Observe: x.observe, Deregister: x.deregister, Responders: int(x.answerers), NoResponse: x.noResponse,
		Transfer: x.transfer, Observation: x.observation,
		Repeats: x.repeats, Repeat: x.why, RepeatedBy: x.repeatedBy,
		Notifications: int(x.notifications), Stale: int(x.stale), Sequence: x.sequence,
		RequestBlock1: x.requestBlock1.unpack(), RequestBlock2: x.requestBlock2.unpack(),
		ResponseBlock1: x.responseBlock1.unpack(), ResponseBlock2: x.responseBlock2.unpack(),
	}
	if x.resource != nil {
		e.Path, e.Query, e.Proxy = x.resource.path, x.resource.query, x.resource.proxy
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
