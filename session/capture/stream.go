package capture

import (
	"cmp"
	"net/netip"
	"slices"

	"coapscope/session/trace"
)

// Bounds of what is kept of TCP. Nothing of it follows from lengths that a file claims, only from bytes that it has.
const (
	maxConnections = 4096
	maxBuffered    = 64 << 20 // bytes of all connections
	maxMessage     = 16 << 20 // bytes of one message
	maxPending     = 256      // segments of one direction that wait for one before them
	maxHead        = 16 << 10 // bytes of a WebSocket's HTTP header
)

// streams puts TCP streams together and cuts messages out of them. It follows sequence numbers as they are: bytes that
// come again are passed over, bytes that come early wait, and of bytes that overlap the first to come count.
//
// The reassembly package of gopacket is not used: it can panic, and does not bound what waits.
type streams struct {
	choice      *Choice
	stats       *Stats
	add         func(trace.Frame)
	connections map[connectionKey]*connection
	clock       uint64 // counts segments, to find the connections that were not used for long
	buffered    int
}

// connectionKey has the endpoints of a connection, the smaller first.
type connectionKey struct{ low, high netip.AddrPort }

func newStreams(c *Choice, stats *Stats, add func(trace.Frame)) *streams {
	return &streams{choice: c, stats: stats, add: add, connections: map[connectionKey]*connection{}}
}

// content is what a connection carries.
type content uint8

const (
	contentUnknown content = iota // not enough seen yet
	contentStream                 // CoAP over TCP (RFC 8323 §3)
	contentSocket                 // CoAP over WebSockets (RFC 8323 §4), or what may become that
	contentOther                  // nothing that is read
)

// connection is one TCP connection.
type connection struct {
	content    content
	why        Skip // of contentOther
	guessed    bool
	undecided  int // segments that came while the content was unknown
	used       uint64
	directions [2]direction // from the lower endpoint, and from the higher
}

// state is how a direction is read.
type state uint8

const (
	stateReading state = iota
	stateSeeking       // for a segment that messages begin and end with
	stateLost
)

// direction is what one side of a connection sends.
type direction struct {
	state   state
	why     Skip // of stateLost
	open    bool // next is known
	syn     bool // from the beginning on
	next    uint32
	begin   uint32 // number of the SYN
	pending []segment
	buffer  []byte // contiguous, and not cut into messages yet
	socket  socket
}

// segment is one that came early.
type segment struct {
	seq  uint32
	data []byte
}

// take takes a TCP segment and counts it.
func (s *streams) take(p *packet, d *datagram) {
	if d.secure() && !s.choice.on(d) {
		s.stats.skipped[SkipEncrypted]++
		return
	}
	key, side := connectionKey{d.source, d.destination}, 0
	if d.destination.Compare(d.source) < 0 {
		key, side = connectionKey{d.destination, d.source}, 1
	}
	c := s.connections[key]
	if c != nil && d.flags&(flagSYN|flagACK) == flagSYN && c.directions[side].open && c.directions[side].begin != d.seq {
		s.end(c) // the ports are used again
		c = nil
	}
	if c == nil {
		s.makeRoom()
		c = &connection{}
		if s.choice.on(d) {
			c.content = contentStream
		}
		s.connections[key] = c
	}
	s.clock++
	c.used = s.clock
	if d.flags&flagACK != 0 {
		s.acknowledged(c, &c.directions[1-side], d, p)
	}
	way := &c.directions[side]
	seq := d.seq
	if d.flags&flagSYN != 0 {
		if !way.open {
			way.open, way.syn, way.begin, way.next = true, true, seq, seq+1
		}
		seq++
	}
	// Counted before what it brings is read, so that a reason found then moves it.
	switch {
	case c.content == contentOther:
		s.stats.skipped[c.why]++
	case way.state == stateLost:
		s.stats.skipped[way.why]++
	case c.content == contentUnknown:
		c.undecided++
	default:
		s.stats.Segments++
	}
	if c.content == contentOther || way.state == stateLost || len(d.data) == 0 {
		return
	}
	s.sequence(c, way, seq, d, p)
}

// sequence puts the bytes of a segment where they belong.
func (s *streams) sequence(c *connection, way *direction, seq uint32, d *datagram, p *packet) {
	if !way.open {
		way.open, way.next = true, seq
		if c.content == contentStream {
			way.state = stateSeeking
		}
	}
	data := d.data
	ahead := int32(seq - way.next)
	if ahead < 0 {
		if int64(len(data)) <= -int64(ahead) {
			return // again
		}
		data, ahead = data[-int64(ahead):], 0
	}
	if ahead > 0 {
		i, found := slices.BinarySearchFunc(way.pending, seq, func(x segment, seq uint32) int { return int(int32(x.seq - seq)) })
		if found && len(way.pending[i].data) >= len(data) {
			return // again
		}
		way.pending = slices.Insert(way.pending, i, segment{seq, slices.Clone(data)})
		s.buffered += len(data)
		if len(way.pending) > maxPending || s.buffered > maxBuffered {
			s.gap(c, way, d, p)
		}
		return
	}
	s.bytes(c, way, data, d, p)
	s.drain(c, way, d, p)
}

// drain takes what has waited and now follows.
func (s *streams) drain(c *connection, way *direction, d *datagram, p *packet) {
	for len(way.pending) > 0 && way.state != stateLost && c.content != contentOther {
		first := way.pending[0]
		ahead := int32(first.seq - way.next)
		if ahead > 0 {
			return
		}
		way.pending = way.pending[1:]
		s.buffered -= len(first.data)
		if int64(len(first.data)) > -int64(ahead) {
			s.bytes(c, way, first.data[-int64(ahead):], d, p)
		}
	}
}

// acknowledged gives up the bytes that a direction misses, when the segment, of the other one, acknowledges bytes behind
// them: they came to the recipient, but not into the capture.
func (s *streams) acknowledged(c *connection, way *direction, d *datagram, p *packet) {
	back := *d
	back.source, back.destination = d.destination, d.source
	for c.content == contentStream && way.state != stateLost && len(way.pending) > 0 {
		first := way.pending[0]
		if int32(d.ack-first.seq-uint32(len(first.data))) < 0 {
			return
		}
		s.gap(c, way, &back, p)
	}
}

// gap gives up the bytes that are missing, and goes on behind them.
func (s *streams) gap(c *connection, way *direction, d *datagram, p *packet) {
	s.buffered -= len(way.buffer)
	if len(way.buffer) > 0 && c.content != contentUnknown {
		s.stats.Cut++
	}
	way.buffer = nil
	if c.content != contentStream {
		s.lose(c, way, SkipGap)
		return
	}
	way.state, way.next = stateSeeking, way.pending[0].seq
	s.drain(c, way, d, p)
}

// lose gives up a direction. The segments that wait are counted anew.
func (s *streams) lose(c *connection, way *direction, why Skip) {
	way.state, way.why = stateLost, why
	if c.content != contentUnknown {
		s.recount(len(way.pending), SkipGap)
	}
	s.drop(way)
}

// recount moves segments that were counted as read to those skipped.
func (s *streams) recount(n int, why Skip) {
	s.stats.Segments -= n
	s.stats.skipped[why] += n
}

// drop forgets the bytes of a direction.
func (s *streams) drop(way *direction) {
	for _, x := range way.pending {
		s.buffered -= len(x.data)
	}
	s.buffered -= len(way.buffer) + len(way.socket.message)
	way.pending, way.buffer, way.socket.message = nil, nil, nil
}

// bytes takes the next bytes of a direction.
func (s *streams) bytes(c *connection, way *direction, data []byte, d *datagram, p *packet) {
	way.next += uint32(len(data))
	if way.state == stateSeeking {
		if !isStream(data) {
			s.recount(1, SkipGap)
			return
		}
		way.state = stateReading
	}
	searched := len(way.buffer)
	way.buffer = append(way.buffer, data...)
	s.buffered += len(data)
	if s.buffered > maxBuffered {
		s.lose(c, way, SkipStream)
		return
	}
	s.read(c, way, searched, func(transport trace.Transport, message []byte) {
		s.stats.Frames++
		if c.guessed {
			s.stats.Guessed++
		}
		s.add(trace.Frame{
			Time: p.time, Source: d.source, Destination: d.destination, Interface: p.iface,
			Direction: trace.Seen, Transport: transport, Data: message,
		})
	})
}

// decide settles what an undecided connection carries.
func (s *streams) decide(c *connection, is content, why Skip) {
	switch {
	case c.content != contentUnknown:
	case is == contentOther:
		s.stats.skipped[why] += c.undecided
	default:
		s.stats.Segments += c.undecided
	}
	c.content, c.why, c.undecided = is, why, 0
	if is == contentOther {
		for i := range c.directions {
			s.drop(&c.directions[i])
		}
	}
}

// end ends a connection: what waits for bytes that are missing is given up.
func (s *streams) end(c *connection) {
	if c.content == contentUnknown {
		s.decide(c, contentOther, SkipPort)
		return
	}
	for i := range c.directions {
		way := &c.directions[i]
		if c.content == contentOther || way.state == stateLost {
			continue
		}
		if len(way.buffer)+len(way.socket.message) > 0 {
			s.stats.Cut++
		}
		s.lose(c, way, SkipGap)
	}
}

// makeRoom ends the connections that were not used for longest, if there are too many.
func (s *streams) makeRoom() {
	if len(s.connections) < maxConnections {
		return
	}
	type use struct {
		key  connectionKey
		used uint64
	}
	uses := make([]use, 0, len(s.connections))
	for key, c := range s.connections {
		uses = append(uses, use{key, c.used})
	}
	slices.SortFunc(uses, func(a, b use) int { return cmp.Compare(a.used, b.used) })
	for _, u := range uses[:maxConnections/2] {
		s.end(s.connections[u.key])
		delete(s.connections, u.key)
	}
}

func (s *streams) close() {
	for _, c := range s.connections {
		s.end(c)
	}
}
