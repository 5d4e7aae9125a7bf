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
